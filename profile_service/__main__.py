"""`python -m profile_service`."""

from profile_service.cli import main

if __name__ == "__main__":
    main()
