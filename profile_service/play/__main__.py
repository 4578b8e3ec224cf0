"""`python -m profile_service.play COMMAND...`: start a service of one's own, and run a client beside it.

The command finds the service in SERVICE_ADDRESS and a token in SERVICE_TOKEN; its exit code is ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from rich.console import Console

from profile_service.play.local import local_service


def main() -> int:
    """Run the command that the arguments are."""
    started = time.perf_counter()
    with local_service() as service:
        line = f"service up in {time.perf_counter() - started:.1f} s, on {service.address}"
        Console(width=118).print(line, style="dim")
        target = service.target()
        environment = {**os.environ, "SERVICE_ADDRESS": target.address, "SERVICE_TOKEN": target.token}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
