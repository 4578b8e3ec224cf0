"""The enums of the core are those of the protos, number by number and name by name."""

from __future__ import annotations

from enum import IntEnum

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from profile_service import v1
from profile_service.identity.contact import model
from profile_service.identity.contact.checks import Verdict
from profile_service.identity.contact.disclosure import Reason
from profile_service.identity.contact.questions import AskKind
from profile_service.identity.contact.threads import Threading
from profile_service.identity.graph import model as graph

PAIRS = [
    (graph.Assurance, v1.Assurance),
    (graph.Role, v1.Role),
    (graph.Outcome, v1.Outcome),
    (graph.Disclosure, v1.Disclosure),
    (graph.Result, v1.IdentifierResult.Result),
    (AskKind, v1.Ask.Kind),
    (Verdict, v1.CheckAnswersResponse.Verdict),
    (Reason, v1.HandoffContext.DisclosureReason),
    (Threading, v1.StartContactRequest.Threading),
    (model.Direction, v1.Direction),
    (model.Initiation, v1.Initiation),
    (model.InteractionKind, v1.Interaction.Kind),
    (model.Speaker, v1.Interaction.Speaker),
    (model.HowKnown, v1.Fact.HowKnown),
    (model.PromiseState, v1.Promise.State),
]


@pytest.mark.parametrize(("ours", "protos"), PAIRS, ids=lambda enum: getattr(enum, "__name__", ""))
def test_an_enum_is_that_of_the_proto(ours: type[IntEnum], protos: EnumTypeWrapper) -> None:
    """Names without the proto's prefix; zero may be left out where it means nothing."""
    prefix = protos.Name(0).removesuffix("UNSPECIFIED")
    theirs = {name.removeprefix(prefix): number for name, number in protos.items()}
    mine = {our.name: int(our) for our in ours}
    assert mine == {name: number for name, number in theirs.items() if number or name in mine}
