"""Running the gateway: control socket, records, logs, systemd."""
