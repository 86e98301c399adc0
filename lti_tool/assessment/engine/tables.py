"""Reads the TOML files of items and profiles strictly: every fault is noted, none stops the reading."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class ItemFault:
    """Something wrong in a file of the bank: the id of the item, skill, topic or file, and words for its author."""

    item: str
    message: str


class BankError(Exception):
    """The files of the bank or of the profiles are not fit for use; `faults` lists everything found."""

    def __init__(self, faults: tuple[ItemFault, ...]) -> None:
        super().__init__("\n".join(f"{fault.item}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(slots=True)
class Table:
    """One TOML table being read. A getter that cannot read notes a fault under `where` and returns an empty value."""

    data: Mapping[str, object]
    where: str
    faults: list[ItemFault]
    _read: set[str] = field(default_factory=set)

    def fault(self, message: str) -> None:
        """Note that something is wrong here."""
        self.faults.append(ItemFault(self.where, message))

    def text(self, key: str, *, required: bool = True) -> str:
        """The text under `key`, stripped; a fault when it is required and missing or blank."""
        value = self._get(key, str, "un texte", "" if not required else None)
        text = value.strip() if isinstance(value, str) else ""
        if required and key in self.data and isinstance(value, str) and not text:
            self.fault(f"« {key} » est vide")
        return text

    def integer(self, key: str, *, default: int | None = None) -> int:
        """The whole number under `key`, or `default`; without a default it is required."""
        value = self._get(key, int, "un nombre entier", default)
        return value if isinstance(value, int) and not isinstance(value, bool) else default or 0

    def number(self, key: str, *, default: Decimal | None = None) -> Decimal:
        """The number under `key`, exactly as it is written, or `default`; without a default it is required."""
        value = self._get(key, (int, Decimal), "un nombre", default)
        finite = isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()
        if not finite and value is not default:
            self.fault(f"« {key} » doit être un nombre")
        return Decimal(value) if finite and isinstance(value, int | Decimal) else default or Decimal(0)

    def integers(self, key: str) -> tuple[int, ...]:
        """The list of whole numbers under `key`; empty when absent."""
        values = self._get(key, list, "une liste de nombres entiers", [])
        numbers = tuple(value for value in values if type(value) is int) if isinstance(values, list) else ()
        if isinstance(values, list) and len(numbers) != len(values):
            self.fault(f"« {key} » ne doit contenir que des nombres entiers")
        return numbers

    def truth(self, key: str) -> bool:
        """The true or false under `key`; false when absent."""
        return self._get(key, bool, "true ou false", False) is True

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """The list of texts under `key`, each not blank; a required list holds at least one."""
        values = self._get(key, list, "une liste", None if required else [])
        if not isinstance(values, list):
            return ()
        texts = tuple(value.strip() for value in values if isinstance(value, str) and value.strip())
        if len(texts) != len(values):
            self.fault(f"« {key} » ne doit contenir que des textes non vides")
        elif required and not texts:
            self.fault(f"« {key} » est vide")
        return texts

    def tables(self, key: str, *, required: bool = True) -> tuple["Table", ...]:
        """The list of tables under `key`, each noting faults at the same place until it is renamed by `at`."""
        values = self._get(key, list, "une liste de tables", None if required else [])
        if not isinstance(values, list):
            return ()
        if required and not values:
            self.fault(f"« {key} » est vide")
        if any(not isinstance(value, dict) for value in values):
            self.fault(f"« {key} » ne doit contenir que des tables")
        return tuple(Table(value, self.where, self.faults) for value in values if isinstance(value, dict))

    def at(self, where: str) -> "Table":
        """The same table, its faults noted under `where` from now on."""
        self.where = where or self.where
        return self

    def end(self) -> None:
        """Nothing else is expected: a key that nobody read is a fault, so that a misspelt one is seen."""
        for key in sorted(self.data.keys() - self._read):
            self.fault(f"« {key} » n'est pas attendu ici")

    def _get(self, key: str, expected: type | tuple[type, ...], words: str, default: object) -> object:
        self._read.add(key)
        if key not in self.data:
            if default is None:
                self.fault(f"« {key} » manque")
            return default
        value = self.data[key]
        if not isinstance(value, expected) or (expected is not bool and isinstance(value, bool)):
            self.fault(f"« {key} » doit être {words}")
            return default
        return value


def read_file(path: Path, faults: list[ItemFault]) -> Table | None:
    """The table of one TOML file, or None when it can't be read as one; the fault is noted under the file's name."""
    try:
        return Table(tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal), path.name, faults)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(ItemFault(path.name, f"fichier illisible : {error}"))
        return None
