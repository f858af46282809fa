"""MindRecord files of MindSpore's own: python mindrecord.py write FOLDER | read FOLDER

write: makes FOLDER/<case>.mindrecord… for every case, and FOLDER/cases.json with their schemas and rows (arrays and bytes as hexadecimal).
read:  reads FOLDER/ours/<case>.mindrecord…, written by the caller from the same rows, with MindDataset and with FileReader, and compares
       every value with the rows; also checks the index with SQLite's own integrity check.
The last line printed is JSON.
"""
import json
import os
import sqlite3
import sys

import numpy as np
from mindspore.dataset import MindDataset
from mindspore.mindrecord import FileReader, FileWriter

KB, MB = 1024, 1024 * 1024
ALL = {
    "input_ids": {"type": "int32", "shape": [-1]},
    "wide": {"type": "int64", "shape": [-1]},
    "matrix": {"type": "float32", "shape": [2, 3]},
    "double": {"type": "float64", "shape": [-1]},
    "blob": {"type": "bytes"},
    "text": {"type": "string"},
    "small": {"type": "int32"},
    "large": {"type": "int64"},
    "ratio": {"type": "float32"},
    "precise": {"type": "float64"},
}
INTS = [0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, 2**31 - 1, -(2**31), -32, -33]
BIGS = INTS + [2**31, 2**32 - 1, 2**32, -(2**31) - 1, 2**62, -(2**63), 2**63 - 1]
TEXTS = ["", "it's \"quoted\"", "\u00e9\u4e2d\U0001f600", "x" * 31, "x" * 32, "y" * 255, "y" * 256, "z" * 70000, "a\nb\tc", "a"]


def all_row(i):
    random = np.random.default_rng(i)
    return {
        "input_ids": np.array([INTS[(i + j) % len(INTS)] for j in range(1 + i * 3)], dtype=np.int32),
        "wide": np.array([BIGS[(i + j) % len(BIGS)] for j in range(1 + i)], dtype=np.int64),
        "matrix": np.array([[np.nan, np.inf, -0.0], [i, 0.1, -1e30]], dtype=np.float32),
        "double": random.standard_normal(1 + i % 3),
        "blob": random.bytes(1 + i),
        "text": TEXTS[i % len(TEXTS)],
        "small": INTS[i % len(INTS)],
        "large": BIGS[i % len(BIGS)],
        "ratio": np.float32(0.1 * i - 1),
        "precise": float(np.float64(1.0) / (i + 1)),
    }


def ids_row(i, length=1000):
    return {"input_ids": (np.arange(i, i + length) * 37 % 130000).astype(np.int32)}


def cases():
    small = {"pageSize": 32 * KB, "headerSize": 64 * KB}
    middle = {"pageSize": 256 * KB, "headerSize": 64 * KB}
    everything = [all_row(i) for i in range(33)]
    tokens = [ids_row(i) for i in range(100)]
    only_ids = {"input_ids": {"type": "int32", "shape": [-1]}}
    named = [{"ids": np.arange(i + 1, dtype=np.int32), "name": "x" * 1000 + str(i)} for i in range(100)]
    named_schema = {"ids": {"type": "int32", "shape": [-1]}, "name": {"type": "string"}}
    for shards in (1, 3, 11):
        yield f"all{shards}", ALL, shards, middle, [everything]
    yield "rest3", ALL, 3, middle, [everything[:10]]
    yield "oneCall", only_ids, 1, small, [tokens]
    yield "threeCalls", only_ids, 1, small, [tokens[:10], tokens[10:40], tokens[40:]]
    yield "rowCalls", only_ids, 1, small, [[row] for row in tokens]
    yield "rawOneCall", named_schema, 1, small, [named]
    yield "rawRowCalls", named_schema, 1, small, [[row] for row in named]
    yield "pages2", named_schema, 2, small, [named[:50], named[50:]]
    yield "noBlob", {"a": {"type": "int64"}, "b": {"type": "string"}}, 1, {}, [[{"a": i, "b": str(i)} for i in range(7)]]
    yield "someIndex", named_schema | {"n": {"type": "int32"}}, 1, small | {"indexFields": ["n"]}, [[row | {"n": i} for i, row in enumerate(named)]]
    yield "emptyShards", only_ids, 5, small, [tokens[:2]]
    # Enough rows for three levels of pages in the index, with texts that take overflow pages.
    many = [{"n": i, "name": "x" * (9000 if i % 5000 == 7 else i % 40)} for i in range(30000)]
    yield "many", {"n": {"type": "int64"}, "name": {"type": "string"}}, 1, {"pageSize": 1 * MB, "headerSize": 64 * KB}, [many]
    big = [{"data": bytes([65 + i]) * (9 * MB)} for i in range(5)]
    yield "defaultPages", {"data": {"type": "bytes"}}, 1, {}, [big]


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tobytes().hex()
    if isinstance(value, bytes):
        return value.hex() if len(value) < MB else {"fill": value[0], "bytes": len(value)}
    if isinstance(value, np.floating):
        return float(value)
    return str(value) if isinstance(value, int) else value


def paths(name, shards):
    digits = len(str(shards - 1))
    return [name] if shards == 1 else [f"{name}{i:0{digits}d}" for i in range(shards)]


def write(folder):
    described = []
    for name, schema, shards, options, calls in cases():
        file = os.path.join(folder, f"{name}.mindrecord")
        writer = FileWriter(file, shards, overwrite=True)
        if "pageSize" in options:
            writer.set_page_size(options["pageSize"])
            writer.set_header_size(options["headerSize"])
        writer.add_schema(schema, "described")
        if "indexFields" in options:
            writer.add_index(options["indexFields"])
        for call in calls:
            writer.write_raw_data([dict(row) for row in call])
        writer.commit()
        rows = [[{key: plain(value) for key, value in row.items()} for row in call] for call in calls]
        described.append({"name": name, "schema": schema, "shards": shards, "options": options, "calls": rows})
    with open(os.path.join(folder, "cases.json"), "w", encoding="utf-8") as out:
        json.dump(described, out)
    print(json.dumps([case["name"] for case in described]))


def same(found, wanted, field):
    if isinstance(wanted, np.ndarray):
        return np.array_equal(np.asarray(found).reshape(-1).view(np.uint8), wanted.reshape(-1).view(np.uint8))
    if isinstance(wanted, bytes):
        return bytes(found) == wanted if isinstance(found, bytes) else found.tobytes() == wanted
    if field["type"] == "string":
        return str(found) == wanted
    return found == np.dtype(field["type"]).type(wanted)


def order(name, shards, calls):
    """Row numbers as they lie in the shards one after the other, by our rule: stretches of each call, longer ones first."""
    lists = [[] for _ in range(shards)]
    number = 0
    for call in calls:
        each, more = divmod(len(call), shards)
        for shard in range(shards):
            for _ in range(each + (shard < more)):
                lists[shard].append(number)
                number += 1
    return [row for part in lists for row in part]


def match_all(name, found, wanted, schema, keys):
    """Every row that was found is another one of those wanted, and none is left."""
    rest = list(wanted)
    for row in found:
        match = next((i for i, other in enumerate(rest) if all(same(row[k], other[k], schema[k]) for k in keys)), None)
        assert match is not None, (name, row)
        rest.pop(match)
    assert not rest, (name, len(rest))


def read(folder):
    report = {}
    for name, schema, shards, _, calls in cases():
        rows = [row for call in calls for row in call]
        files = paths(os.path.join(folder, "ours", f"{name}.mindrecord"), shards)
        wanted = [rows[i] for i in order(name, shards, calls)]
        for file in files:
            with sqlite3.connect(f"{file}.db") as database:
                assert list(database.execute("PRAGMA integrity_check")) == [("ok",)], file
                theirs = sqlite3.connect(f"{file.replace('/ours/', '/')}.db")
                sql = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
                assert list(database.execute(sql)) == list(theirs.execute(sql)), file
                if name != "rest3":
                    dump = "SELECT * FROM INDEXES ORDER BY ROW_ID"
                    if name != "emptyShards":
                        ours, other = list(database.execute(dump)), list(theirs.execute(dump))
                        assert ours == other, (file, [pair for pair in zip(ours, other) if pair[0] != pair[1]][:1])
        dataset = MindDataset(files, shuffle=False, num_parallel_workers=1)
        found = list(dataset.create_dict_iterator(num_epochs=1, output_numpy=True))
        # MindDataset takes the shards in turns; rows are told apart by their values.
        assert len(found) == len(wanted), (name, len(found), len(wanted))
        assert dataset.get_dataset_size() == len(wanted)
        match_all(name, found, wanted, schema, list(schema))
        # FileReader itself garbles indexed floats whose text has an exponent, also in MindSpore's own files: they are left out.
        keys = [k for k in schema if not (schema[k]["type"].startswith("float") and "shape" not in schema[k])]
        match_all(name, list(FileReader(files if shards > 1 else files[0]).get_next()), wanted, schema, keys)
        report[name] = len(found)
    print(json.dumps(report))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
