"""The page `docs/ans-validation.md`, in Markdown."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gateway.validation.ans_kit import COMMON_PROFILES
from gateway.validation.controls import XSD, Control, bites
from gateway.validation.verdict import MIN_STRUC_MIN_RULES, ProfileResult, Verdict

if TYPE_CHECKING:
    from gateway.validation.record import Kit
