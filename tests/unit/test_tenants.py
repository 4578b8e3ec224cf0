"""The tenants file: what it says, and how it tells what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import DAY_US
from profile_service.tenants import TenantFileError, files_of, load_tenants


def written(folder: Path, text: str, name: str = "tenants.toml") -> Path:
    """A file of the folder."""
    path = folder / name
    path.write_text(text)
    return path


def refusal(path: Path) -> str:
    """Why a tenants file is refused, behind its own name."""
    with pytest.raises(TenantFileError) as caught:
        load_tenants(path, ["acme"], "default")
    name, _, reason = str(caught.value).partition(": ")
    assert name == str(path)
    return reason


def test_a_tenant_that_is_not_named_has_the_defaults(tmp_path: Path) -> None:
    """So has one where there is no file."""
    for path in (None, written(tmp_path, "[tenant.other]\ndefault_region = 'DE'")):
        (tenant,) = load_tenants(path, ["acme"], "bench").values()
        assert tenant.policy == shipped_policy("bench")
        assert (tenant.default_region, tenant.brand_regions, tenant.blocked) == ("", {}, {})


def test_a_tenant_is_read(tmp_path: Path) -> None:
    """Lists cannot be changed, patterns are kept as they are written."""
    text = """
    [tenant.acme]
    policy = "bench"
    default_region = "DE"
    brand_regions = { shop = "AT" }
    blocked = { email = ["a@b.org"] }
    blocked_patterns = { phone = ["^0+$"] }
    """
    tenant = load_tenants(written(tmp_path, text), ["acme"], "default")["acme"]
    assert tenant.policy.label == "bench@1"
    assert (tenant.default_region, tenant.brand_regions) == ("DE", {"shop": "AT"})
    assert (tenant.blocked, tenant.blocked_patterns) == ({"email": {"a@b.org"}}, {"phone": ("^0+$",)})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a =", "Invalid value (at end of document)"),
        ("[tenants.acme]", "Object contains unknown field `tenants`"),
        ("[tenant]\nacme = 1", "tenant.acme: Expected `object`, got `int`"),
        ("[tenant.acme]\nregion = 'DE'", "tenant.acme: Object contains unknown field `region`"),
        (
            "[tenant.acme]\npolicy = 'other'",
            "tenant.acme.policy: no policy named 'other' ships with this version: choose default or bench",
        ),
        (
            "[tenant.acme]\npolicy = ''",
            "tenant.acme.policy: no policy named '' ships with this version: choose default or bench",
        ),
        (
            "[tenant.acme]\nbrand_regions = { shop = 1 }",
            "tenant.acme.brand_regions.shop: Expected `str`, got `int`",
        ),
        ("[tenant.acme]\nblocked = { email = [1] }", "tenant.acme.blocked.email[0]: Expected `str`, got `int`"),
        (
            "[tenant.acme]\nblocked_patterns = { email = ['('] }",
            "tenant.acme.blocked_patterns.email: '(': missing ): (",
        ),
    ],
)
def test_what_is_wrong_is_told_by_file_key_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    """Where it is TOML."""
    assert refusal(written(tmp_path, text)) == reason


def test_an_overlay_adds_and_changes_single_entries(tmp_path: Path) -> None:
    """And is told with its file and key where it is wrong."""
    over = """
    name = "acme"
    version = 3
    continue_within_days = 2
    [namespaces.loyalty]
    strength = 80
    limit = 1
    [namespaces.phone]
    silence_days = 90
    [channels]
    kiosk = "CLAIMED"
    """
    file = written(tmp_path, over, "acme.toml")
    tenants = written(tmp_path, f"[tenant.acme]\npolicy_overlay = '{file}'")
    policy, shipped = load_tenants(tenants, ["acme"], "default")["acme"].policy, shipped_policy("default")
    assert policy.label == "acme@3"
    assert (policy.continue_within_us[""], policy.namespace("phone").silence_us) == (2 * DAY_US, 90 * DAY_US)
    assert policy.namespaces.keys() == shipped.namespaces.keys() | {"loyalty"}
    assert policy.channels.keys() == shipped.channels.keys() | {"kiosk"}
    assert policy.namespace("phone").fan_out == shipped.namespace("phone").fan_out
    assert files_of(tenants) == [tenants, file]
    for text, reason in (
        ("[namespaces.phone]\nstrenght = 1", "namespaces.phone: Object contains unknown field `strenght`"),
        ("[sources.shop]\nvouches = ['fax']", "sources.shop.vouches: there is no namespace 'fax'"),
        ("channels = 1", "channels: Expected `object`, got `int`"),
    ):
        written(tmp_path, f"name = 'acme'\nversion = 1\n{text}", "acme.toml")
        assert refusal(tenants) == f"tenant.acme.policy_overlay: {file}: {reason}"
    written(tmp_path, "continue_within_days = 2", "acme.toml")
    assert "name: is missing: an overlay has a name and a version of its own" in refusal(tenants)


@pytest.mark.parametrize("key", ["policy_file", "model_file"])
def test_a_document_that_is_named_is_told_with_its_own_name_and_key(tmp_path: Path, key: str) -> None:
    """The first that is wrong of it; or that there is none."""
    short = written(tmp_path, "name = 'x'", "short.toml")
    reason = refusal(written(tmp_path, f"[tenant.acme]\n{key} = '{short}'"))
    assert reason == f"tenant.acme.{key}: {short}: Object missing required field `version`"
    none = tmp_path / "none.toml"
    assert refusal(written(tmp_path, f"[tenant.acme]\n{key} = '{none}'")).startswith(f"tenant.acme.{key}: {none}: ")
