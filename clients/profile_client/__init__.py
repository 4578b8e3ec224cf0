"""The Python client of profile-service: the stubs with keys filled in, deadlines, retries and typed errors."""

from profile_client.channel import SERVICE_CONFIG, Target
from profile_client.client import AsyncProfileClient, ProfileClient, UnknownCustomer
from profile_client.errors import ProfileError

__all__ = ["SERVICE_CONFIG", "AsyncProfileClient", "ProfileClient", "ProfileError", "Target", "UnknownCustomer"]
