"""The drivers over a real kernel's interfaces, in a virtual machine: `make test-kernel`."""
