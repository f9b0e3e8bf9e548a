#!/usr/bin/env bash
# Teaches Argus what normal looks like, and asks how normal a picture is.
#
#   ARGUS=http://127.0.0.1:8080 inspect.sh FOLDER PICTURE
#
# FOLDER has PNG files of normal parts, a dozen or more. EMAIL and PASSWORD say who you are; the
# account is made if it is new.
set -euo pipefail

api=${ARGUS:-http://127.0.0.1:8080}
folder=$1
picture=$2
who="{\"email\": \"${EMAIL:-inspector@example.org}\", \"password\": \"${PASSWORD:-a long password}\"}"

field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/"; }

# 1. Sign in.
curl -s "$api/api/auth/register" -d "$who" > /dev/null
auth="authorization: Bearer $(curl -sS --fail-with-body "$api/api/auth/login" -d "$who" | field accessToken)"
call() { curl -sS --fail-with-body -H "$auth" "$@"; }

# 2. Upload the normal pictures.
ids=""
for file in "$folder"/*.png; do
  size=$(wc -c < "$file" | tr -d ' ')
  upload=$(call "$api/api/images/uploads" \
    -d "{\"filename\": \"$(basename "$file")\", \"contentType\": \"image/png\", \"sizeBytes\": $size}")
  id=$(echo "$upload" | field imageId)
  curl -sS --fail-with-body -T "$file" "$(echo "$upload" | field url)"
  call -X POST "$api/api/images/$id:complete" > /dev/null
  ids="$ids${ids:+, }\"$id\""
done

# 3. Make a reference set of them, and learn.
set_id=$(call "$api/api/qa/reference-sets" -d '{"displayName": "parts"}' | field referenceSetId)
call "$api/api/qa/reference-sets/$set_id:add" -d "{\"imageIds\": [$ids]}" > /dev/null
job=$(call -X POST "$api/api/qa/reference-sets/$set_id:calibrate" | field jobId)
# The watch ends with the job, and prints a line for each step.
call "$api/api/qa/reference-sets/$set_id/jobs/$job:watch" | tail -n 1 | grep -q '"state":"SUCCEEDED"'

# 4. Inspect.
{ printf '{"referenceSetId": "%s", "image": "' "$set_id"; base64 < "$picture" | tr -d '\n'; printf '"}'; } |
  call "$api/api/qa/inspect" -d @-
