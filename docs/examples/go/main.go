// Signs in, uploads an image and searches for what it shows.
//
//	go run . 127.0.0.1:8080 me@example.org 'a long password' cat.png
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	authv1 "example.org/argus-example/gen/argus/auth/v1"
	searchv1 "example.org/argus-example/gen/argus/search/v1"
	storagev1 "example.org/argus-example/gen/argus/storage/v1"
)

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: ADDRESS EMAIL PASSWORD FILE")
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		log.Fatalf("%v (%s)", err, reason(err))
	}
}

func run(address, email, password, file string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()

	session, err := authv1.NewAuthServiceClient(connection).Login(
		ctx, &authv1.LoginRequest{Email: email, Password: password})
	if err != nil {
		return err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+session.AccessToken)

	images := storagev1.NewImageServiceClient(connection)
	image, err := upload(ctx, images, file)
	if err != nil {
		return err
	}
	for image.State == storagev1.Image_UPLOADED {
		time.Sleep(200 * time.Millisecond)
		if image, err = images.GetImage(ctx, &storagev1.GetImageRequest{ImageId: image.ImageId}); err != nil {
			return err
		}
	}

	found, err := searchv1.NewSearchServiceClient(connection).SearchImages(ctx, &searchv1.SearchImagesRequest{
		ImageId: image.ImageId, Limit: 3,
	})
	if err != nil {
		return err
	}
	for _, match := range found.Matches {
		fmt.Printf("%.3f %s\n", match.Score, match.Image.Filename)
	}
	fmt.Println("indexed", image.Filename, image.State)
	return nil
}

// upload reserves an image, puts its bytes where the mesh says, and completes it.
func upload(ctx context.Context, images storagev1.ImageServiceClient, file string) (*storagev1.Image, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(data)
	reserved, err := images.CreateUpload(ctx, &storagev1.CreateUploadRequest{
		Filename:     filepath.Base(file),
		ContentType:  http.DetectContentType(data),
		SizeBytes:    int64(len(data)),
		Sha256:       hex.EncodeToString(digest[:]),
		SkipExisting: true,
	})
	if err != nil || reserved.Upload == nil {
		return reserved.GetImage(), err
	}
	request, err := http.NewRequestWithContext(ctx, reserved.Upload.Method, reserved.Upload.Url, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for name, value := range reserved.Upload.Headers {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return nil, fmt.Errorf("the object store answered %s", answer.Status)
	}
	return images.CompleteUpload(ctx, &storagev1.CompleteUploadRequest{ImageId: reserved.Image.ImageId})
}

// reason is the documented reason of a failed call.
func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return "no reason"
}
