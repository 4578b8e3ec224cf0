"""`profile-service`, and `python -m profile_service`."""

import os
import sys

# gRPC reads this as it is loaded. Its handlers around fork() have nothing to do where a child becomes another program,
# and say so on standard error.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")


def main() -> None:
    """Run the commands. Without what the extra `server` brings, say what to install and exit with 2."""
    try:
        from profile_service.cli import main as commands
    except ModuleNotFoundError as error:
        missing = str(error.name)
        if missing.partition(".")[0] in {"profile_service", "profile_client"}:
            raise
        sys.stderr.write(f"profile-service: {missing} is not installed: pip install 'profile-service[server]'\n")
        raise SystemExit(2) from None
    commands()


if __name__ == "__main__":
    main()
