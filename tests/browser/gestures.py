"""What a person's hands, eyes and head do at a screen, counted: the keystroke-level model.

Card, Moran and Newell, "The keystroke-level model for user performance time with interactive
systems", CACM 23(7), 1980: K a key, P pointing, B pressing or releasing the button, M getting ready for the next unit.
Seconds come from counts, never from the clock, so a slow machine changes nothing; what the system
took to answer (R) is not a gesture and is left to the benches. Reading, which the model leaves out,
is the words shown at `WORDS_PER_MIN`; a sentence met again costs recognising it (M) instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

K_S, P_S, B_S, M_S = 0.28, 1.1, 0.2, 1.35
"""Seconds: a key of an average typist, pointing, a click, a mental step."""
WORDS_PER_MIN = 200
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n+")
_ADDRESS = re.compile(r"https?://\S+")
"""An address is recognised with the sentence it stands behind; nobody spells it out."""
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass
class Person:
    """Somebody at a page: every gesture goes through here and is counted."""

    page: Page
    keys: int = 0
    points: int = 0
    clicks: int = 0
    thoughts: int = 0
    words: int = 0
    met: set[str] = field(default_factory=set)

    @property
    def seconds(self) -> float:
        """Time that the counted gestures take."""
        return round(
            self.keys * K_S
            + self.points * P_S
            + self.clicks * B_S
            + self.thoughts * M_S
            + 60 * self.words / WORDS_PER_MIN,
            1,
        )

    def click(self, target: Locator) -> None:
        """Decide, point, click."""
        self.thoughts += 1
        self.points += 1
        self.clicks += 1
        target.click()

    def press(self, key: str) -> None:
        """Decide and press one key (a shortcut)."""
        self.thoughts += 1
        self.keys += len(key.split("+")) if len(key) > 1 and "+" in key else 1
        self.page.keyboard.press(key)

    def write(self, target: Locator, text: str) -> None:
        """Point into a field, replace what stands there by typing, character by character."""
        self.click(target)
        if target.input_value():
            self.keys += 2  # Ctrl+A
            self.page.keyboard.press("Control+a")
        self.keys += len(text)
        self.page.keyboard.type(text)
        expect(target).to_have_value(text)

    def choose(self, target: Locator, value: str) -> None:
        """Pick from a list: open it, point at the line."""
        self.click(target)
        self.points += 1
        self.clicks += 1
        target.select_option(value)

    def read(self, *targets: Locator) -> None:
        """Read all that is written there (in fields too)."""
        for target in targets:
            expect(target).to_be_visible()
            for sentence in _SENTENCE.split(_ADDRESS.sub("", _text_of(target))):
                words = _WORD.findall(sentence)
                said = " ".join(words).casefold()
                if not words:
                    continue
                if said in self.met:
                    self.thoughts += 1
                else:
                    self.met.add(said)
                    self.words += len(words)

    def counts(self) -> dict[str, float]:
        """The gestures by kind and the seconds they come to."""
        return {
            "keys": self.keys, "points": self.points, "clicks": self.clicks,
            "thoughts": self.thoughts, "words_read": self.words, "seconds": self.seconds,
        }  # fmt: skip


def _text_of(target: Locator) -> str:
    """What is shown of an element, with what stands in its fields."""
    text = target.evaluate(
        """(root) => root.matches("textarea, input") ? root.value : [root.innerText,
             ...[...root.querySelectorAll("textarea")].filter((one) => one.checkVisibility()).map((one) => one.value)
           ].join("\\n")"""
    )
    return str(text)
