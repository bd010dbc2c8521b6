"""Writes npy-spellings.json, what test/io/npySpellings.test.ts compares with: what numpy.load(allow_pickle=False) makes of .npy
headers and of .npz members, however they are spelt. Needs numpy (Debian: python3-numpy).

A row of `dtypes` is [descr, answer], one of `headers` [version, header, answer]: the header as text, version [major, minor]. Behind
every header stand the same numbers, PAYLOAD. An answer is null where numpy refuses the file; [dtype] where it reads an array of a kind
other than b, i, u and f, or of a type whose layout differs between machines (longdouble); else [dtype, shape, numbers], numbers as
text: integers in full, floats by float.hex(). A row of `archives` is [what it shows, archive in base64, {name: answer}] with answer
"bytes" where numpy gives the bytes of a member that is no array.

To make the table again (a second): python3 test/conformance/make_npy_table.py
"""

import base64
import io
import json
import os
import tempfile
import warnings
import zipfile

import numpy as np

warnings.simplefilter("ignore")

PAYLOAD = bytes([0, 0x3C, 1, 0x40, 0, 0, 0xF0, 0x3F, 0x40, 0x45, 0, 0, 1, 0, 0x46, 0xC0] * 4)

ORDERS = ["", "<", ">", "=", "|"]
# Every character code, with the sizes that may follow, and every name of a type, of numpy 1 and 2.
CODES = [*"?bBhHiIlLqQpPnNefdgFDGSUVOMmaXc"] + [
    kind + size for kind in "biufcSUV" for size in ["0", "1", "2", "3", "4", "8", "12", "16", "32", "01", "08"]
]
NAMES = """bool bool_ bool8 int8 int16 int32 int64 int128 uint8 uint16 uint32 uint64 float16 float32 float64 float80 float96 float128
    complex64 complex128 int uint float complex int_ float_ long ulong half single double longdouble longfloat csingle byte ubyte short
    ushort intc uintc intp uintp longlong ulonglong int0 uint0 object object_ str str_ bytes bytes_ void datetime64 timedelta64
    Float64 Int32 INT32 float_64 f_8 bfloat16""".split()
ODD = ["", " ", "<", ">", "<<f8", "< f8", " <f8", "<f8 ", "f8,", "<f8,<f8", "2f8", "(2,)f8", "2i4", "1f8", "(1,)<f8", "()f8", "M8[s]",
       "<m8[ms]", "f8[2]", "toString", "constructor", "\\x3cf8", "<f\\x38", "F8", "i", "<i8\\n", "\u00b5", "f8\\0", "f,", ",f", "f:8"]


def d(descr="'<f8'", order="False", shape="(2,)"):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)


HEADERS = [
    # quotes and prefixes
    '{"descr": "<f8", "fortran_order": False, "shape": (2,)}', "{u'descr': u'<f8', u'fortran_order': False, u'shape': (2,)}",
    "{U'descr': R'<f8', r'fortran_order': False, 'shape': (2,)}", "{'descr': b'<f8', 'fortran_order': False, 'shape': (2,)}",
    "{b'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "{'descr': ur'<f8', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': f'<f8', 'fortran_order': False, 'shape': (2,)}", "{'''descr''': \"\"\"<f8\"\"\", 'fortran_order': False, 'shape': (2,)}",
    "{'de' 'scr': '<' \"f8\", 'fortran_order': False, 'shape': (2,)}", "{'de' b'scr': '<f8', 'fortran_order': False, 'shape': (2,)}",
    "{'d\\x65scr': '\\74f8', 'fortran_\\u006frder': False, 'sh\\U00000061pe': (2,)}", d("'<\\f8'"), d("r'\\x3cf8'"), d("'<f\\\n8'"),
    d("'<f8"), d("<f8"), d("'<f8\""), d("'<f\n8'"), d("'\\N{LESS-THAN SIGN}f8'"), d("'\\x3'"),
    # spaces, lines, comments
    "{'descr':'<f8','fortran_order':False,'shape':(2,)}", " \t{ 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 2 , ) } ",
    "{\n'descr'\n:\n'<f8',\n'fortran_order': False,\n\n'shape': (\n2,\n)\n}\n\n", d() + " # a comment", d() + " # one\n# two\n",
    "{'descr': '<f8', # the type\n 'fortran_order': False, 'shape': (2,)}", "# before\n" + d(), "\n\n" + d(), "\n " + d(), d() + ";",
    d() + "\n" + d(), d() + "\n1", "{'descr': '<f8', \\\n'fortran_order': False, 'shape': (2,)}", "(" + d() + ")", "((" + d() + "))",
    d() + "\f", "\f" + d(), d() + "\v", d().replace(" ", "\u00a0"), d() + "\0", d() + "\r\n", d() + "\n \n\t\n", d() + "\n  #", d() + "\\",
    d() + " \\\n", d() + "\\\r\n", d() + "\n\\\n", d() + "\\\n\n", d() + " \\\n# joined", d() + "# not joined \\\n", "\\\n" + d(),
    d().replace(", ", "\r\n,\r"), d() + " \n", d().replace(": ", " :\t"), "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)",
    # dictionaries: keys that are repeated, missing, too many
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'descr': '<f8', 'shape': (2,)}",
    "{'shape': (1,), 'shape': 3.5, 'fortran_order': True, 'fortran_order': False, 'descr': None, 'descr': '<f4', 'shape': (4,)}",
    "{'shape': (2,), 'descr': '<f8', 'fortran_order': False, 'shape': 'x'}",
    "{'descr': '<f8', 'fortran_order': False}", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'extra': 1}", "{}", "", " ", "[]",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 3: 4}", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), [3]: 4}",
    "{'descr': '<f8', 'fortran_order': False 'shape': (2,)}", "{'descr': '<f8',, 'fortran_order': False, 'shape': (2,)}",
    "{, 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "{'descr', 'fortran_order', 'shape'}", "dict(descr='<f8')",
    "{**{'descr': '<f8'}, 'fortran_order': False, 'shape': (2,)}", "{('descr'): ('<f8'), 'fortran_order': (False), 'shape': ((2,))}",
    "{'shape': (2L,), 'fortran_order': False, 'descr': '<f8'}", "None", "'descr'", "{'descr': '<f8', 'fortran_order': not True, 'shape': (2,)}",
    # the order
    d(order="True", shape="(2, 3)"), d(order="True", shape="(2, 1, 3)"), d(order="0"), d(order="1"), d(order="false"), d(order="None"),
    d(order="'False'"), d(order="True", shape="()"), d(order="True"),
    # shapes
    *[d(shape=s) for s in """() (2,) (3) ((3)) ((2,)) [2] [2,] 2 (2,3) (2,3,) (2,,3) (,) (2.0,) ('2',) (True,) (True,2) (False,2) (0,) (0,3) (3,0)
      (0,-1) (-1,) (-1,2) (2,-1) (-1,-1) (-2,-1) (-0,) (+2,) (+2,+3) (--2,) (~-3,) (2L,) (2L,3L) (2l,) (2\tL,) (2LL,) (L,) (0x2,) (0X2,)
      (0b10,) (0o2,) (0xL,) (0x2L,) (02,) (00,) (0_0,) (0,0) (1_0,) (1__0,) (_1,) (1_,) (2e0,) (2j,) (1+1,) (1,)*2 (None,) (...,) ((2,),) (2,(3,))
      (1,1,1,1,1,1,1,1) {2} set() ([2],) (10000000,) (9007199254740992,) (0,9007199254740991) (99999999999999999999,)
      (4294967296,4294967296) (2;) (2:3,) (2,#x\n) (2#x\n,) (2\n,\n) (two,) ("2",) (2,\\\n) (2,)x (2if,) (0xFor,)""".replace("\\n", "\n").split(" ")
      for s in [s.strip("\n")] if s],
    d(shape="(" + "1, " * 32 + ")"), d(shape="(" + "1, " * 33 + ")"), d(shape="(" + "1, " * 64 + ")"), d(shape="(" + "1, " * 65 + ")"),
    d(shape="(" * 150 + "2," + ")" * 150), d(shape="(" * 250 + "2," + ")" * 250),
    # other descriptions
    d("[('a', '<f8')]"), d("[('a', '<f8'), ('b', '<i4', (2,))]"), d("('<f8', (2,))"), d("('<f8', ())"), d("('<f8', 2)"), d("['<f8']"), d("[]"),
    d("None"), d("8"), d("{'names': ['a'], 'formats': ['<f8']}"), d("[('', '|V4'), ('a', '<f8')]"), d("True"), d("()"), d("('<f8',)"),
    d("[('a', '|O')]"),
    # lengths
    d().ljust(10_000), d().ljust(10_001), d() + "#" * 9_000, d(shape="(" + " " * 9_000 + "2,)"),
]

VERSIONS = [[1, 0], [2, 0], [3, 0]]
OTHER_VERSIONS = [[0, 0], [0, 1], [1, 1], [1, 2], [2, 1], [3, 1], [4, 0], [255, 0]]


def npy(version, header, numbers=PAYLOAD):
    text = header.encode("utf8" if version[0] == 3 else "latin1")
    length = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + bytes(version) + length + text + numbers


def number(value):
    return float(value).hex() if isinstance(value, (np.floating, float)) else str(int(value))


def answer_of(array):
    dtype = array.dtype
    if isinstance(array, bytes) or dtype.kind not in "biuf" or dtype.char == "g":
        return [dtype.str]
    return [dtype.str, list(array.shape), [number(value) for value in array.ravel()]]


def load(content):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.npy")
        with open(path, "wb") as file:
            file.write(content)
        try:
            return answer_of(np.load(path, allow_pickle=False))
        except Exception:
            return None


def archive(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members:
            entry = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
            entry.filename = name  # as it is: the constructor would cut and change it
            entry.compress_type = compression
            file.writestr(entry, content)
    return buffer.getvalue()


def saved(*numbers):
    buffer = io.BytesIO()
    np.save(buffer, np.array(numbers))
    return buffer.getvalue()


def archives():
    a, b, c = saved(1.0), saved(2.0, 3.0), saved(4)
    yield "names of parameters begin with a slash", archive([("/layer/bias.npy", a), ("/layer/weight.npy", b)])
    yield "folders, dots and drives are parts of names", archive([("../up.npy", a), ("a/../b.npy", b), ("C:\\x.npy", c), ("./d.npy", a)])
    yield "a backslash stays", archive([("a\\b.npy", a), ("a/b.npy", b)])
    yield "members without .npy", archive([("plain", a), ("x.bin", b), ("y.NPY", c)])
    yield "one with .npy and one without", archive([("x", a), ("x.npy", b), ("z.npy.npy", c)])
    yield "a name twice: the last counts", archive([("x.npy", a), ("y.npy", c), ("x.npy", b)])
    yield "what is no array", archive([("README.txt", b"hello"), ("empty", b""), ("x.npy", a), ("folder/", b"")])
    yield "names beyond ASCII", archive([("d\u00e9j\u00e0.npy", a), ("\u6f22\u5b57.npy", b), ("\U0001f600.npy", c)])
    yield "empty names", archive([(".npy", a), ("arr_0.npy", b)])
    yield "no member", archive([])
    yield "bytes behind an array", archive([("x.npy", a + bytes(40)), ("y.npy", b + b"text"), ("z.npy", c + a)])
    yield "bytes behind an array, deflated", archive([("x.npy", a + b"text" * 9)], zipfile.ZIP_DEFLATED)
    yield "deflated", archive([("/x", a), ("y.npy", b)], zipfile.ZIP_DEFLATED)
    for kind in [np.float16, np.float32, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.bool_]:
        buffer = io.BytesIO()
        np.savez(buffer, c=np.arange(6).reshape(2, 3).astype(kind), f=np.asfortranarray(np.arange(6).reshape(2, 3).astype(kind)))
        yield f"numpy.savez of {np.dtype(kind).name}", buffer.getvalue()


def arrays_of(content):
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        names = dict.fromkeys([*file.files, *file.zip.namelist()])
        values = {name: file[name] for name in names}
    return {name: "bytes" if isinstance(value, bytes) else answer_of(value) for name, value in values.items()}


table = {
    "numpy": np.__version__,
    "payload": base64.b64encode(PAYLOAD).decode(),
    "dtypes": [[descr, load(npy([1, 0], d(f"'{descr}'")))] for descr in [o + n for n in CODES + NAMES for o in ORDERS] + ODD],
    "headers": [
        [version, header, load(npy(version, header))]
        for header in HEADERS
        for version in (VERSIONS if len(header) < 10_000 and "L" in header or header == d() else [[1, 0]])
    ]
    + [[version, d(), load(npy(version, d()))] for version in OTHER_VERSIONS]
    + [[[3, 0], d() + " # \u6f22\u5b57", load(npy([3, 0], d() + " # \u6f22\u5b57"))]]
    + [[[3, 0], (d() + " # ").ljust(10_000, "\u6f22"), load(npy([3, 0], (d() + " # ").ljust(10_000, "\u6f22")))]],
    "archives": [[what, base64.b64encode(content).decode(), arrays_of(content)] for what, content in archives()],
}

with open(os.path.join(os.path.dirname(__file__), "npy-spellings.json"), "w", encoding="ascii") as file:
    parts = [
        f'"{key}": ' + (json.dumps(value) if isinstance(value, str) else "[\n" + ",\n".join(map(json.dumps, value)) + "\n]")
        for key, value in table.items()
    ]
    file.write("{\n" + ",\n".join(parts) + "\n}\n")
