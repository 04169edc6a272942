"""The tokenizer: byte-level BPE in which a value has the same tokens wherever it stands.

A space, a digit, a Chinese character and a sign of punctuation is a token of its own, and words never merge with what
surrounds them; so to copy a value out of a sentence is to repeat its tokens. Only the fixed parts of the page's lines
and of the calls are merged with their punctuation.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ["<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"]
VOCABULARY = 4096

PIECES = "|".join(
    [
        r'do\(action="',
        r'finish\(message="',
        r'"?, [a-z]+="?',  # the next argument of a call
        r'"\)',
        r"\n\[",  # a line with an element
        r'\] [a-z-]+ "',
        r'\n[a-z]+ "',  # a line of text
        r'" = "',
        r'": "',
        r"\. [A-Z][a-z]+ \[",  # a step that was done
        r" \| ",
        r"https?://",
        r"\p{Han}",
        r"[\p{L}\p{M}&&[^\p{Han}]]+",
        r"\p{N}",
        r"[\s\S]",
    ]
)

# The system message is left out: it explains the calls to models that were not trained on them.
TEMPLATE = (
    "[gMASK]<sop>{% for m in messages %}{% if m.role == 'user' %}<|user|>\n{{ m.content }}"
    "{% elif m.role == 'assistant' %}<|assistant|>\n{{ m.content }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def prompt_text(content: str) -> str:
    """What TEMPLATE makes of one user message."""
    return f"[gMASK]<sop><|user|>\n{content}<|assistant|>\n"


def train_tokenizer(texts: Iterable[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(  # pyright: ignore[reportAttributeAccessIssue]
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, context: int) -> None:
    """As files that `AutoTokenizer.from_pretrained` reads."""
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        model_max_length=context,
        chat_template=TEMPLATE,
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(folder)
