"""What an administrator of etcd knows, one lesson a function, one subject a file. analyze.py has their order."""
