"""Prepares WikiText as MindFormers does, to compare with: the part of reference_session.py that is asked with "prepare".

The jobs are {"prefix", "seqLength", "mode"}; writes <prefix>.bin and .idx for each.

Three parts: the cleaning rules, written here once more over the whole text and checked against MindFormers' own `wikitext_clean`;
MindFormers' tokenizer class, made as its preparation script makes it; MindFormers' IndexedDatasetBuilder.

Mode "pad" of that script fails with a tokenizer.json, because the name of one argument is misspelled and no pad token is set. Here the pad
token that the misspelled argument was meant to set (the end-of-text token) is set by its right name; the class's own `_pad` does the rest.
The answer: pieces, tokens, and how the script's own pad mode fails.
"""
import functools
import json
import re

import numpy as np
from mindformers.dataset.blended_datasets.indexed_dataset import IndexedDatasetBuilder
from mindformers.dataset.dataloader.datareaders import wikitext_clean
from mindformers.models.llama.llama_tokenizer_fast import LlamaTokenizerFast
from mindformers.models.tokenization_utils import AddedToken

BEGIN, END = "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"


def clean(text):
    """The 24 rules."""
    text = text.replace("s '", "s'")
    text = re.sub("/' [0-9]/", lambda _: "/'[0-9]/", text)
    for mark, plain in ("-", "-"), (",", ","), (".", "."):
        text = text.replace(f" @{mark}@ ", plain)
    for mark in ":;.!?,":
        text = text.replace(f" {mark} ", f"{mark} ")
    for first, last in "()", "[]", "{}", '""', "''":
        one, two = re.escape(first), re.escape(last)
        pair = re.compile(rf"{one}\s*([^{two}]*?)\s*{two}")
        text = pair.sub(lambda m, a=first, b=last: a + m.group(1) + b, text)
    for count in 4, 3, 2:
        text = text.replace(" ".join("=" * count), "=" * count)
    for old, new in (" \u00b0 ", "\u00b0"), (" \n", "\n"), ("\n ", "\n"), (" N ", " 1 "), (" 's", "'s"):
        text = text.replace(old, new)
    return text


def pieces_of(text):
    cleaned = clean(text)
    assert cleaned == wikitext_clean(text), "the rules here differ from MindFormers'"
    return [piece for piece in cleaned.split("\n\n") if piece and not piece.strip().startswith("=")]


@functools.lru_cache
def reference_tokenizer(path, **more):
    """The class with the arguments of MindFormers' script; then the added tokens of the file once more, as it does."""
    tokenizer = LlamaTokenizerFast(tokenizer_file=path, unk_token=None, bos_token=BEGIN, eos_token=END, **more)
    with open(path, encoding="utf-8") as file:
        for item in json.load(file)["added_tokens"]:
            tokenizer.add_tokens(AddedToken(**{key: value for key, value in item.items() if key != "id"}))
    return tokenizer


def padded(tokenizer, ids, length):
    """As the script: filled up by the tokenizer's own method, then cut off."""
    full = tokenizer._pad({"input_ids": ids}, max_length=length, padding_strategy="max_length")  # pylint: disable=W0212
    return full["input_ids"][:length]


def how_pad_fails(tokenizer):
    try:
        np.array(padded(tokenizer, [0, 1, 2], 8), dtype=np.int32)
    except Exception as error:  # pylint: disable=W0718
        return type(error).__name__
    return None


def stitched(encoded, length):
    flat = [token for ids in encoded for token in ids]
    return [flat[at : at + length] for at in range(0, len(flat) - length + 1, length)]


def write(prefix, sequences, length):
    builder = IndexedDatasetBuilder(f"{prefix}.bin", dtype=np.int32)
    for sequence in sequences:
        builder.add_document(np.array(sequence, dtype=np.int32), [length])
    builder.finalize(f"{prefix}.idx")


def prepare(source, tokenizer_file, jobs):
    tokenizer = reference_tokenizer(tokenizer_file)
    with open(source, encoding="utf-8") as file:
        pieces = pieces_of(file.read())
    encoded = [tokenizer(piece)["input_ids"] for piece in pieces]
    for job in jobs:
        length = job["seqLength"] + 1
        if job["mode"] == "pad":
            padder = reference_tokenizer(tokenizer_file, pad_token=END)
            sequences = [padded(padder, ids, length) for ids in encoded]
        else:
            sequences = stitched(encoded, length)
        write(job["prefix"], sequences, length)
    return {"pieces": len(pieces), "tokens": sum(map(len, encoded)), "padFailure": how_pad_fails(tokenizer)}
