"""`profile-service`, and `python -m profile_service`."""

import os

# gRPC reads this as it is loaded. Its handlers around fork() have nothing to do where a child becomes another program,
# and say so on standard error.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from profile_service.cli import main

if __name__ == "__main__":
    main()
