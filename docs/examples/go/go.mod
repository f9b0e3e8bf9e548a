module example.org/argus-example

go 1.24
