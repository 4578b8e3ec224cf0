"""The command `profile-service`: one group of commands a file. They need the database or the keys, and nothing else."""

from __future__ import annotations

import click

from profile_service import __version__
from profile_service.cli.check_config import check_config
from profile_service.cli.credentials import credentials
from profile_service.cli.duplicates import duplicates_command
from profile_service.cli.import_ import import_command, import_worker
from profile_service.cli.keys import keys
from profile_service.cli.migrate import migrate_command
from profile_service.cli.namespaces import namespaces_command
from profile_service.cli.play import play_command
from profile_service.cli.policy_keys import policy_keys_command
from profile_service.cli.serve import serve_command, serve_one, stop_database
from profile_service.cli.train import import_model, train_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Real-time identity resolution and unified customer profiles over gRPC.

    Settings are PROFILE_* variables; `profile-service check-config` prints them all.
    Shell completion: eval "$(_PROFILE_SERVICE_COMPLETE=bash_source profile-service)".
    """


for command in (
    serve_command,
    serve_one,
    migrate_command,
    check_config,
    keys,
    credentials,
    namespaces_command,
    policy_keys_command,
    play_command,
    duplicates_command,
    import_command,
    import_worker,
    train_command,
    import_model,
    stop_database,
):
    main.add_command(command)
