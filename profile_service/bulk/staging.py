"""Read a file and stage its rows: mapped, checked against the limits of the API, sealed, copied a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from profile_service.bulk.mapping import ColumnMap, MappingError, request_of
from profile_service.bulk.rows import rows_of
from profile_service.errors import FieldInvalid
from profile_service.rpc.boundary.masking import mask_request
from profile_service.rpc.boundary.validation import validate
from profile_service.store.keyring import Keyring
from profile_service.store.queries.imports import PAGE, Imports, ImportState, Staged
from profile_service.v1 import ResolveProfileRequest


@dataclass(slots=True)
class _Page:
    """Some rows in order: those that can be handed over, and why the others cannot."""

    staged: list[Staged] = field(default_factory=list[Staged])
    rejected: dict[int, str] = field(default_factory=dict[int, str])

    @property
    def size(self) -> int:
        return len(self.staged) + len(self.rejected)


async def stage(imports: Imports, keyring: Keyring, path: Path, columns: ColumnMap, skipped: int) -> None:
    """Stage the rows behind those that were staged before. Raises FileUnreadable, DatabaseUnavailable."""
    for page in _pages(imports, keyring, path, columns, skipped):
        await imports.stage(page.staged, page.rejected)
    await imports.move(ImportState.STAGED)


def _pages(imports: Imports, keyring: Keyring, path: Path, columns: ColumnMap, skipped: int) -> Iterator[_Page]:
    page = _Page()
    for number, row in enumerate(rows_of(path)):
        if number < skipped:
            continue
        try:
            request = request_of(columns, row, datetime.now(UTC))
            validate(request)
            mask_request(request)
        except MappingError as error:
            page.rejected[number] = str(error)
        except FieldInvalid as error:
            page.rejected[number] = f"{error.reason}: {error}"
        except (ValueError, OverflowError) as error:
            page.rejected[number] = f"a value cannot be taken over: {type(error).__name__}"
        else:
            sealed = keyring.seal(imports.tenant, _place(imports.id, number), request.SerializeToString())
            page.staged.append(Staged(number=number, sealed=sealed))
        if page.size == PAGE:
            yield page
            page = _Page()
    if page.size:
        yield page


def open_row(imports: Imports, keyring: Keyring, row: Staged) -> ResolveProfileRequest:
    """The call that a staged row becomes."""
    body = keyring.open(imports.tenant, _place(imports.id, row.number), row.sealed)
    return ResolveProfileRequest.FromString(body)


def _place(name: str, number: int) -> str:
    return f"bulk_row/sealed/{name}/{number}"
