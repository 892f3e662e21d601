module offhook.dev/csta

go 1.27.0
