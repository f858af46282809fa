"""Prepares JSON lines as MindFormers' preprocess_indexed_dataset.py does, to compare with: python documents_oracle.py JOBS FOLDER.

JOBS is a JSON list of {"input", "tokenizer", "prefix", "key", "mode", "seqLength", "appendEod", "dtype"}. The tokenizer is made as that
script makes it (`build_tokenizer(use_legacy=False, pretrained_model_dir=...)`), a document is one line, a list of texts has several
sequences, `appendEod` adds the end-of-text token to a document that has tokens, MindFormers' IndexedDatasetBuilder writes. The modes
"stitch" and "pad" are those of wikitext_to_bin.py for the same encoded lines. First the small tokenizers "llama", "llama3", "wordpiece"
and "unigram" are trained into FOLDER. The last line printed is JSON: per job the number of documents and tokens.
"""
import ctypes
import json
import os
import sys

import numpy as np
from mindformers.dataset.blended_datasets.indexed_dataset import IndexedDatasetBuilder
from mindformers.models.build_tokenizer import build_tokenizer
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

# The tokenizer asks for and gives back gigabytes for the 50 MB line: what is freed stays with the process (M_MMAP_MAX 0, M_TRIM_THRESHOLD,
# M_TOP_PAD), or the system spends as long on clearing pages as the tokenizer on the text.
for parameter, value in (-4, 0), (-1, 2**31 - 1), (-2, 2**28):
    ctypes.CDLL(None).mallopt(parameter, value)

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def template(tokenizer, before, after):
    parts = " ".join(filter(None, [before, "$A", after]))
    special = [(token, tokenizer.token_to_id(token)) for token in (before, after) if token]
    tokenizer.post_processor = processors.TemplateProcessing(single=parts, special_tokens=special)


def llama(text):
    """SentencePiece-style BPE: no pre-tokenizer, spaces become U+2581, bytes for what is unknown."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=special, max_token_length=12)
    tokenizer.train_from_iterator([word for line in text for word in line.split(" ")], trainer)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][:3]  # the bytes are plain entries of the vocabulary
    tokenizer = Tokenizer.from_str(json.dumps(data))
    template(tokenizer, "<s>", None)
    return tokenizer, {"tokenizer_class": "LlamaTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def llama3(text):
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|begin|>", "<|end|>"]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(text, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    template(tokenizer, "<|begin|>", None)
    return tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin|>", "eos_token": "<|end|>"}


def wordpiece(text):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(text, trainers.WordPieceTrainer(vocab_size=600, special_tokens=special))
    template(tokenizer, "[CLS]", "[SEP]")
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "eos_token": "[SEP]"}
    return tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", **names}


def unigram(text):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(text, trainers.UnigramTrainer(vocab_size=500, special_tokens=special, unk_token="<unk>"))
    tokenizer.decoder = decoders.Metaspace()
    template(tokenizer, None, "</s>")
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", **names}


def train(folder, text):
    for make in (llama, llama3, wordpiece, unigram):
        target = os.path.join(folder, make.__name__)
        os.makedirs(target, exist_ok=True)
        tokenizer, config = make(text)
        tokenizer.save(os.path.join(target, "tokenizer.json"))
        with open(os.path.join(target, "tokenizer_config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)


def encoded(job, tokenizer):
    """Per line the ids and the lengths of its texts, as the script's `Encoder.encode`."""
    with open(job["input"], encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)[job["key"]]
            ids, lengths = [], []
            for sentence in text if isinstance(text, list) else [text]:
                found = tokenizer(sentence)["input_ids"]
                ids.extend(found)
                lengths.append(len(found))
            if ids and job.get("appendEod"):
                ids.append(tokenizer.eos_token_id)
                lengths[-1] += 1
            yield ids, lengths


def run(job, tokenizer):
    dtype = np.uint16 if job.get("dtype") == "uint16" else np.int32
    builder = IndexedDatasetBuilder(f"{job['prefix']}.bin", dtype=dtype)
    length = job.get("seqLength", 0) + 1
    flat, documents, tokens = [], 0, 0
    for ids, lengths in encoded(job, tokenizer):
        documents += 1
        tokens += len(ids)
        if job["mode"] == "documents":
            builder.add_document(np.array(ids, dtype=dtype), lengths)
        elif job["mode"] == "stitch":
            flat += ids
        else:
            full = tokenizer.pad({"input_ids": ids}, padding="max_length", max_length=length)["input_ids"]
            builder.add_document(np.array(full[:length], dtype=dtype), [length])
    for at in range(0, len(flat) - length + 1, length):
        builder.add_document(np.array(flat[at : at + length], dtype=dtype), [length])
    builder.finalize(f"{job['prefix']}.idx")
    return {"documents": documents, "tokens": tokens}


def main():
    jobs, folder = json.loads(sys.argv[1]), sys.argv[2]
    with open(os.path.join(folder, "train.txt"), encoding="utf-8") as file:
        train(folder, file.read().split("\n"))
    opened, facts = {}, []
    for job in jobs:
        if job["tokenizer"] not in opened:
            opened[job["tokenizer"]] = build_tokenizer(use_legacy=False, pretrained_model_dir=job["tokenizer"])
        facts.append(run(job, opened[job["tokenizer"]]))
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
