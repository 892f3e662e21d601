module offhook.dev/operator/api

go 1.27.0
