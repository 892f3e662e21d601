module offhook.dev/services

go 1.27.0
