"""One-hot layouts: how the codes of `nucleotides@1` become what a network was trained on. Needs NumPy alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

LETTERS = {"A": 0, "C": 1, "G": 2, "U": 3, "T": 3, "N": 4}  # codes of nucleotides@1; every higher code is padding
_AXES = re.compile(r"B(?:[1L45]+|\((?:L[45]|[45]L)\))")


@dataclass(frozen=True)
class Layout:
    """Where the axes of a one-hot tensor lie and what its channels mean.

    axes: `B` (records) first, then `L` (positions) and the number of channels (`4`, or `5` where `order` has an N), each
        once, and any number of `1`: `B4L`, `BL4`, `B14L`, `B1L4`, `BL41`. Brackets flatten: `B(4L)`, `B(L4)`.
    order: the letter of each channel, from the first: `ACGU`, `ACGT`, `AGCU`, `ACGUN`; U and T are one letter.
    unknown: value of every channel at an ambiguous letter (0 or 0.25); without effect where N has its own channel.
    pad: value of every channel behind the end of a record.

    Raises ValueError if axes and order do not fit together.
    """

    axes: str = "B4L"
    order: str = "ACGU"
    unknown: float = 0.0
    pad: float = 0.0

    def __post_init__(self):
        letters = [LETTERS.get(letter) for letter in self.order.upper()]
        if sorted(letters, key=str) not in ([0, 1, 2, 3], [0, 1, 2, 3, 4]):
            raise ValueError(f"order is {self.order!r}; A, C, G, U (or T) once each, and N if it has a channel, are expected")
        inner = [axis for axis in self.axes[1:] if axis not in "1()"]
        if not _AXES.fullmatch(self.axes) or sorted(inner) != sorted([str(len(letters)), "L"]):
            raise ValueError(f"axes is {self.axes!r}; B, then L and {len(letters)} (the channels of {self.order}) once each and "
                             f"any 1 are expected, as B{len(letters)}L or B1L{len(letters)}; brackets flatten, as B(L4)")

    @property
    def channels(self) -> int:
        """Number of channels, 4 or 5."""
        return len(self.order)

    @property
    def channels_first(self) -> bool:
        """Whether the channels lie before the positions."""
        return self.axes.index(str(self.channels)) < self.axes.index("L")

    @property
    def flat(self) -> bool:
        """Whether channels and positions are one axis."""
        return "(" in self.axes

    @property
    def ones(self) -> list[int]:
        """Places of the axes of length 1 in the result, from the first."""
        return [] if self.flat else [place for place, axis in enumerate(self.axes) if axis == "1"]

    def table(self) -> np.ndarray:
        """float32 [256, channels]: the channels of each code."""
        table = np.full((256, self.channels), self.pad, np.float32)
        table[:4] = 0
        table[4] = self.unknown
        for channel, letter in enumerate(self.order.upper()):
            table[LETTERS[letter]] = np.arange(self.channels) == channel
        return table

    def apply(self, codes: np.ndarray) -> np.ndarray:
        """uint8 [B, L] to float32 in this layout. Raises ValueError on another type or rank."""
        codes = np.asarray(codes)
        if codes.dtype != np.uint8 or codes.ndim != 2:
            raise ValueError(f"codes are {codes.dtype} of shape {codes.shape}; uint8 [records, positions] are expected")
        x = self.table()[codes]
        if self.channels_first:
            x = x.transpose(0, 2, 1)
        return np.expand_dims(x, tuple(self.ones)) if not self.flat else x.reshape(len(x), -1)
