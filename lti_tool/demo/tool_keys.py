"""The tool's public keys: kept in memory, fetched again for a `kid` not seen yet, as Moodle does."""

import threading

import requests
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_TIMEOUT_S = 5
_LARGEST_KEY_SET = 100_000


class UnknownToolKeyError(Exception):
    """The tool publishes no such key, or its key set cannot be read now."""


class ToolKeys:
    """The key set published at one address."""

    def __init__(self, jwks_url: str) -> None:
        self._jwks_url = jwks_url
        self._keys: KeySet | None = None
        self._lock = threading.Lock()

    def holding(self, kid: object) -> KeySet:
        """The tool's key set, once it is sure to hold `kid`.

        Raises `UnknownToolKeyError`; a key set that cannot be fetched leaves the known one in place.
        """
        if not isinstance(kid, str) or not kid:
            raise UnknownToolKeyError("the header names no key")
        with self._lock:
            if self._keys is None or not _holds(self._keys, kid):
                self._keys = self._fetch()
            if not _holds(self._keys, kid):
                raise UnknownToolKeyError("the tool publishes no key of that name")
            return self._keys

    def _fetch(self) -> KeySet:
        try:
            answer = requests.get(self._jwks_url, timeout=_TIMEOUT_S, allow_redirects=False)
            if answer.status_code != 200 or len(answer.content) > _LARGEST_KEY_SET:
                raise UnknownToolKeyError("the tool's key set cannot be read")
            return KeySet.import_key_set(answer.json())
        except (requests.RequestException, JoseError, ValueError, KeyError, TypeError) as fault:
            raise UnknownToolKeyError("the tool's key set cannot be read") from fault


def _holds(keys: KeySet, kid: str) -> bool:
    return any(key.kid == kid for key in keys)
