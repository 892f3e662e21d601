module offhook.dev/proto

go 1.27.0
