"""PyLTI1p3's seams: what its launch asks of a request, of cookies, of HTTP and of a configuration, answered by us."""

from __future__ import annotations

from typing import Any, NoReturn

import requests
from pylti1p3.cookie import CookieService
from pylti1p3.deployment import Deployment
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.tool_config import ToolConfAbstract

from lti_tool.lti.platforms import PlatformRecord


def registration_of(platform: PlatformRecord) -> Registration:
    """A platform as the library knows it. Our private key never goes through it: `KeyRing` signs."""
    registration = Registration()
    registration.set_issuer(platform.issuer)
    registration.set_client_id(platform.client_id)
    registration.set_auth_login_url(platform.auth_url)
    registration.set_auth_token_url(platform.token_url)
    registration.set_key_set_url(platform.jwks_url)
    return registration


class OnePlatform(ToolConfAbstract):
    """The library's configuration, narrowed to the one platform and deployment of a launch."""

    def __init__(self, platform: PlatformRecord | None, deployed: bool) -> None:
        self._platform = platform
        self._deployed = deployed

    def check_iss_has_one_client(self, iss: str) -> bool:  # noqa: ARG002 - an issuer may always have many
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:  # noqa: ARG002
        return True

    def find_registration_by_params(
        self,
        iss: str,
        client_id: str,
        *_args: Any,
        **_kwargs: Any,
    ) -> Registration | None:
        platform = self._platform
        if platform is None or (platform.issuer, platform.client_id) != (iss, client_id):
            return None
        return registration_of(platform)

    def find_deployment_by_params(
        self,
        iss: str,  # noqa: ARG002 - the query that found the deployment had the platform's id
        deployment_id: str,
        client_id: str,  # noqa: ARG002
        *_args: Any,
        **_kwargs: Any,
    ) -> Deployment | None:
        return Deployment().set_deployment_id(deployment_id) if self._deployed else None


class NoRequest(Request):
    """The library never reads the HTTP request itself: state and token are checked before it is called."""

    def get_param(self, key: str) -> NoReturn:
        raise LookupError(key)

    def is_secure(self) -> bool:
        return True


class NoCookies(CookieService):
    """The library never reads or sets a cookie itself."""

    def get_cookie(self, name: str) -> NoReturn:
        raise LookupError(name)

    def set_cookie(self, name: str, value: str, exp: int = 3600) -> NoReturn:  # noqa: ARG002
        raise LookupError(name)


class _NoHttp(requests.Session):
    """The library never makes a request itself: `outbound.Client` is the only way out."""

    def send(self, request: requests.PreparedRequest, **_kwargs: Any) -> NoReturn:
        raise LookupError(request.method)


NO_HTTP = _NoHttp()
