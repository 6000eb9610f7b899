"""The etcd operator: creates, resizes and heals etcd clusters."""
