"""Identifiers, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from profile_service.engine.identifiers import Given, Item
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import Role
from profile_service.rpc.convert.fields import optional_us, word_of
from profile_service.v1 import (
    Assurance,
    Identifier,
    IdentifierResult,
    ProofMethod,
)
from profile_service.v1 import Role as ProtoRole


def _method(value: int) -> str:
    known = ProofMethod.Name(ProofMethod.ValueType(value)) if value in ProofMethod.values() else "PROOF_METHOD_STATED"
    name = known.removeprefix("PROOF_METHOD_")
    return "STATED" if name in ("UNSPECIFIED", "TRANSFERRED") else name


def given_of(message: Identifier) -> Given:
    """An identifier; an unknown role counts as PARTICIPANT, an unknown proof as stated."""
    return Given(
        namespace=message.namespace,
        value=message.value,
        scope=message.scope,
        role=word_of(message.role, Role.PARTICIPANT),
        method=_method(message.proof.method),
        proof_time_us=optional_us(message.proof, "proof_time"),
    )


def all_given(runtime: Runtime, messages: Iterable[Identifier]) -> list[Given]:
    """Identifiers, with the times of their proofs checked. Raises TimeInFuture."""
    given = [given_of(message) for message in messages]
    for index, identifier in enumerate(given):
        if identifier.proof_time_us is not None:
            runtime.check_time(f"identifiers[{index}].proof.proof_time", identifier.proof_time_us)
    return given


def result_messages(results: Sequence[tuple[int, int, str]], items: Sequence[Item]) -> list[IdentifierResult]:
    """One result per identifier, in the order of the request."""
    by_index = {item.index: item for item in items}
    return [
        IdentifierResult(
            index=index,
            namespace=by_index[index].namespace,
            result=IdentifierResult.Result.ValueType(result),
            assurance=Assurance.ValueType(by_index[index].assurance),
            role=ProtoRole.ValueType(by_index[index].given.role),
            reason=reason,
        )
        for index, result, reason in results
        if index in by_index
    ]
