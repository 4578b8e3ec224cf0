"""Which role may call which method. A method that is not listed is denied to all."""

from __future__ import annotations

from collections.abc import Mapping

from profile_service.engine.caller import CallerRole

_ALL = frozenset(CallerRole)
_PLATFORM = frozenset({CallerRole.SERVICE, CallerRole.AGENT, CallerRole.AUTOMATED})
_PEOPLE = frozenset({CallerRole.SERVICE, CallerRole.AGENT, CallerRole.STEWARD, CallerRole.ADMIN})
_ARRANGERS = frozenset({CallerRole.SERVICE, CallerRole.AGENT, CallerRole.STEWARD})
_SYSTEMS = frozenset({CallerRole.SERVICE, CallerRole.ADMIN})

CONTACT = "/profile_service.v1.ContactService/"
PROFILE = "/profile_service.v1.ProfileService/"
EXPLAIN = "/profile_service.v1.ExplainService/"
STEWARD = "/profile_service.v1.StewardService/"

_REVIEWERS = frozenset({CallerRole.SERVICE, CallerRole.STEWARD, CallerRole.ADMIN})
_STEWARDS = frozenset({CallerRole.STEWARD, CallerRole.ADMIN})

PERMISSIONS: Mapping[str, frozenset[CallerRole]] = {
    f"{CONTACT}StartContact": _PLATFORM,
    f"{CONTACT}AddEvidence": _PLATFORM,
    f"{CONTACT}CheckAnswers": _PLATFORM,
    f"{CONTACT}EndContact": _PLATFORM,
    f"{CONTACT}UpdateContact": _PLATFORM,
    f"{CONTACT}CorrectContact": frozenset({CallerRole.SERVICE, CallerRole.AGENT}),
    f"{CONTACT}RecordInteraction": _PLATFORM,
    f"{CONTACT}BatchRecordInteractions": _PLATFORM,
    f"{CONTACT}GetContext": _PLATFORM,
    f"{CONTACT}IssueCarryOverCode": _PLATFORM,
    f"{CONTACT}ListContacts": _PLATFORM,
    f"{CONTACT}ListInteractions": _PEOPLE,
    f"{CONTACT}ListProfileInteractions": _PEOPLE,
    f"{CONTACT}JoinConversations": _ARRANGERS,
    f"{CONTACT}MoveContact": _ARRANGERS,
    f"{CONTACT}SplitConversation": _ARRANGERS,
    f"{CONTACT}CloseConversation": _PLATFORM,
    f"{PROFILE}ResolveProfile": _SYSTEMS,
    f"{PROFILE}BatchResolveProfiles": _SYSTEMS,
    f"{PROFILE}LookupProfile": _ALL,
    f"{PROFILE}GetProfile": _PEOPLE,
    f"{PROFILE}UpdateProfile": _PEOPLE,
    f"{PROFILE}RecordConsent": _ALL,
    f"{PROFILE}CheckConsent": _PEOPLE,
    f"{PROFILE}ReleaseIdentifier": _SYSTEMS | {CallerRole.STEWARD, CallerRole.AGENT},
    f"{PROFILE}ReplaceIdentifier": _SYSTEMS | {CallerRole.AGENT},
    f"{EXPLAIN}ExplainMatch": _REVIEWERS,
    f"{EXPLAIN}ExplainProfile": _REVIEWERS,
    f"{EXPLAIN}ExplainResolve": _REVIEWERS,
    f"{EXPLAIN}SimulatePolicy": _STEWARDS,
    f"{STEWARD}ListReviews": _REVIEWERS,
    f"{STEWARD}GetMergeBreaker": _STEWARDS,
    f"{STEWARD}TripMergeBreaker": _STEWARDS,
    f"{STEWARD}LiftMergeBreaker": _STEWARDS,
    f"{STEWARD}RuleIdentifier": _STEWARDS,
}


def may_call(role: CallerRole, method: str) -> bool:
    """Whether a role may call a method; unknown methods are denied."""
    return role in PERMISSIONS.get(method, frozenset())
