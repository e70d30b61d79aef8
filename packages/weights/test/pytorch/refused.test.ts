import { randomBytes } from "node:crypto";
import { parsePyTorch } from "@roga/weights";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.js";
import { dictOf, legacyFile, pickle, SIX, tensor, text, zipFile } from "./raw-file.js";

const refusal = async (bytes: Uint8Array) => {
  const error = await errorOf(() => parsePyTorch(bytes));
  expect(error.name).toBe("PyTorchError");
  return error.message;
};
const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe("what would call something", () => {
  const cases: [string, Uint8Array, string][] = [
    ["REDUCE", pickle("\x80\x02cos\nsystem\n", text("id"), "\x85R."), 'refuses the name "os.system"'],
    ["GLOBAL alone", dictOf("cbuiltins\neval\n"), 'refuses the name "builtins.eval"'],
    ["STACK_GLOBAL", pickle("\x80\x04", text("posix"), text("system"), "\x93."), 'refuses the name "posix.system"'],
    ["a dotted name", pickle("\x80\x04", text("torch"), text("os.system"), "\x93."), '"torch.os.system"'],
    ["INST", pickle("(", text("id"), "ios\nsystem\n."), '"os.system"'],
    ["OBJ", pickle("(csubprocess\nPopen\n", text("id"), "o."), '"subprocess.Popen"'],
    ["NEWOBJ", pickle("\x80\x02csubprocess\nPopen\n", text("id"), "\x85\x81."), '"subprocess.Popen"'],
    ["NEWOBJ_EX", pickle("\x80\x04csubprocess\nPopen\n)}\x92."), '"subprocess.Popen"'],
    ["BUILD", pickle("\x80\x02c__main__\nEvil\n)\x81}", text("__class__"), "K\x01sb."), '"__main__.Evil"'],
    ["getattr", pickle("\x80\x02c__builtin__\ngetattr\n."), '"__builtin__.getattr"'],
    ["torch.load itself", pickle("\x80\x02ctorch\nload\n."), '"torch.load"'],
    ["a name of objects' own", pickle("\x80\x02cconstructor\nprototype\n."), '"constructor.prototype"'],
    ["a prototype", pickle("\x80\x02c__proto__\ntoString\n."), '"__proto__.toString"'],
    ["an extension code", pickle("\x80\x02\x82\x01."), "opcode 0x82"],
    ["a buffer out of band", pickle("\x80\x05\x97."), "opcode 0x97"],
    ["an unknown opcode", pickle("\xff."), "opcode 0xff"],
    ["a call of a text", pickle(text("x"), ")R."), 'calls the text "x"'],
    ["a call of a storage's class", pickle("ctorch\nFloatStorage\n)R."), "calls torch.FloatStorage"],
    ["a call of a type", pickle("cbuiltins\nint\n)R."), "calls builtins.int"],
    ["a call without a tuple", pickle("ccollections\nOrderedDict\n]R."), "a list for arguments"],
    ["named arguments", pickle("ccollections\nOrderedDict\n)}", text("a"), "K\x01s\x92."), "named arguments"],
    ["a state for a tensor", dictOf(pickle(tensor(), "}b")), "sets the state of a tensor"],
    ["a state for a list", pickle("]}b."), "sets the state of a list"],
    [
      "a call of what rebuilds, by a number",
      pickle("ctorch._tensor\n_rebuild_from_type_v2\n(K\x01K\x02)}tR."),
      "got 1",
    ],
    [
      "a rebuild of anything",
      pickle("ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nctorch\nTensor\n)}tR."),
      "got collections.OrderedDict",
    ],
  ];
  it.each(cases)("%s, in a ZIP file and a legacy one", async (_, data, message) => {
    expect(await refusal(zipFile(data))).toContain(message);
    expect(await refusal(legacyFile(data))).toContain(message);
  });

  it("stays uncalled and unread where unknown names are to be ignored", async () => {
    const call = pickle("cos\nsystem\n", text("id"), "\x85R}", text("x"), "K\x01sb");
    const data = pickle("\x80\x02}", text("state_dict"), dictOf(tensor()).slice(2, -1), "s", text("args"), call, "s.");
    expect(await refusal(zipFile(data))).toContain("os.system");
    const read = await parsePyTorch(zipFile(data), { unknown: "ignore" });
    expect(read.tensors.get("w")?.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    expect(read.values).toEqual(new Map());
    // In the state dict itself it could be a weight.
    const error = await errorOf(() => parsePyTorch(zipFile(data), { unknown: "ignore", entry: [] }));
    expect(error).toMatchObject({ tensor: "args", message: expect.stringContaining('made with "os.system"') });
  });
});

describe("a pickle that", () => {
  it.each<[string, Uint8Array, string]>([
    ["is empty", pickle(""), "cut short"],
    ["does not end", pickle("\x80\x02}"), "cut short"],
    ["ends without a value", pickle("."), "empty stack"],
    ["ends with values left", pickle("NN."), "1 values left over"],
    ["goes on after its end", pickle("}.}"), "goes on for 1 bytes"],
    ["is of protocol 6", pickle("\x80\x06}."), "protocol is 6"],
    ["takes beyond a mark", pickle("}(s."), "empty stack"],
    ["goes back to no mark", pickle("Nt."), "mark that is not there"],
    ["asks for a memo it lacks", pickle("h\x05."), "memo 5"],
    ["appends to a number", pickle("K\x01Na."), "appends to 1"],
    ["sets entries of None", pickle("NNNs."), "sets entries of None"],
    ["adds elements to a list", pickle("](N\x90."), "adds elements to a list"],
    ["has a key without a value", pickle("(Nd."), "key and no value"],
    ["claims 2^63 bytes of text", pickle("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"), "length of 9223372036854775807"],
    ["claims 4 GiB of text", pickle("X\xff\xff\xff\xff"), "cut short"],
    ["has a number in words", pickle("Ithree\n."), '"three" for an integer'],
    ["has a float in words", pickle("Fthree\n."), '"three" for a float'],
    ["has text that is not UTF-8", pickle("X\x01\x00\x00\x00\xff."), "not UTF-8"],
    ["has an integer of megabytes", pickle("\x8b\x00\x00\x10\x00"), "integer of 1048576 bytes"],
    ["has text as a persistent id", pickle("Pabc\n."), 'got the text "abc"'],
    [
      "has a persistent id in a persistent id",
      pickle("(", text("storage"), "NQtQ."),
      "persistent id of a storage, got None",
    ],
    ["refers to a whole module", pickle("(", text("module"), "NNNtQ."), "whole module"],
    [
      "takes a list of tensors for pairs",
      pickle("ccollections\nOrderedDict\n]Na\x85R."),
      "a key and a value, got None",
    ],
    [
      "encodes text as anything",
      pickle("c_codecs\nencode\n", text("a"), text("rot13"), "\x86R."),
      'got the text "rot13"',
    ],
  ])("%s", async (_, data, message) => {
    expect(await refusal(zipFile(data))).toContain(message);
  });

  it("doubles a list a thousand times over", async () => {
    // Each list holds the one before twice: 2^1000 elements if anyone copied.
    const nested = pickle("]q\x00", "0]h\x00ah\x00aq\x00".repeat(1000));
    expect(await refusal(zipFile(pickle("\x80\x02", nested, ".")))).toContain("file holds a list");
  });

  it("copies a long list or text without end", async () => {
    const list = pickle("](", "N".repeat(100_000), "eq\x00");
    const calls = "ctorch\nSize\nh\x00\x85R0".repeat(1000);
    expect(await refusal(zipFile(pickle(list, calls, ".")))).toContain("operations");
    const long = pickle(text("x".repeat(1_000_000)), "q\x00");
    const encodes = pickle("c_codecs\nencode\nh\x00", text("latin1"), "\x86R0");
    expect(await refusal(zipFile(pickle(long, asText(encodes).repeat(1000), ".")))).toContain("operations");
  });

  it("holds itself", async () => {
    const cyclic = pickle("\x80\x02}q\x00", text("self"), "h\x00s", text("w"), tensor(), "s.");
    expect((await parsePyTorch(zipFile(cyclic))).others).toEqual(["self"]);
  });

  it("is nested twenty thousand deep", async () => {
    const open = asText(pickle("}", text("a"))).repeat(20_000);
    expect(await refusal(zipFile(pickle(open, "N", "s".repeat(20_000), ".")))).toContain("no dictionary of tensors");
  });
});

describe("a tensor that", () => {
  it.each<[string, string | Uint8Array, string]>([
    ["has 10^9 elements", tensor({ size: "J\x00\xca\x9a;\x85", stride: "K\x01\x85" }), "shape [1000000000]"],
    ["has 10^18 elements", tensor({ size: "J\x00\xca\x9a;J\x00\xca\x9a;\x86" }), "reaches beyond its storage of 6"],
    [
      "has 10^9 elements in one",
      tensor({ size: "J\x00\xca\x9a;\x85", stride: "K\x00\x85" }),
      "at most 1048960 are read",
    ],
    ["has 10^18 in one", tensor({ size: "J\x00\xca\x9a;J\x00\xca\x9a;\x86", stride: "K\x00K\x00\x86" }), "too large"],
    ["strides beyond its storage", tensor({ stride: "K\x04K\x01\x86" }), "strides [4,1] from element 0 reaches beyond"],
    ["starts too late", tensor({ offset: "K\x01" }), "from element 1 reaches beyond"],
    ["starts before its storage", tensor({ offset: "J\xff\xff\xff\xff" }), "a tensor's offset, got -1"],
    ["has a negative size", tensor({ size: "J\xff\xff\xff\xffK\x02\x86" }), "a tensor's size, got -1"],
    ["has a negative stride", tensor({ stride: "J\xff\xff\xff\xffK\x02\x86" }), "a tensor's strides, got -1"],
    ["has a size of 2^70", tensor({ size: "\x8a\x09\0\0\0\0\0\0\0\0\x40K\x02\x86" }), "got a large integer"],
    ["has half an element", tensor({ size: "G\x3f\xe0\0\0\0\0\0\0K\x02\x86" }), "a tensor's size, got 0.5"],
    ["has more strides than axes", tensor({ stride: "K\x03\x85" }), "2 dimensions and 1 strides"],
    ["has 65 dimensions", tensor({ size: `(${"K\x01".repeat(65)}t` }), "65 dimensions"],
    ["has no storage", tensor({ key: "7" }), 'holds no "archive/data/7"'],
    ["takes a path for a storage", tensor({ key: "../data/0" }), 'holds no "archive/data/../data/0"'],
    ["lies about its storage's length", tensor({ length: "K\x07" }), "7 × F32 takes 28 bytes, the ZIP file has 24"],
    ["lies about its dtype", tensor({ type: "DoubleStorage" }), "6 × F64 takes 48 bytes, the ZIP file has 24"],
    ["is in a class of no storages", tensor({ type: "Size" }), "a class of storages, got torch.Size"],
    ["says two things of one storage", pickle(tensor(), "0", tensor({ length: "K\x05" })), "both 6 × F32 and 5 × F32"],
    [
      "has booleans of 2",
      tensor({ type: "BoolStorage", length: "K\x18", size: "K\x18\x85", stride: "K\x01\x85" }),
      "BOOL element 6 is 128",
    ],
    ["is rebuilt of too little", "ctorch._utils\n_rebuild_tensor_v2\n)R", "expected 6 to 7 arguments, got 0"],
    ["is rebuilt of nothing", "ctorch._utils\n_rebuild_tensor\n(NK\x00))tR", "a tensor's storage, got None"],
    ["is a parameter of no tensor", "ctorch._utils\n_rebuild_parameter\nN\x89N\x87R", "a parameter's tensor, got None"],
  ])("%s", async (_, value, message) => {
    expect(await refusal(zipFile(dictOf(value)))).toContain(message);
  });

  it("takes more than its file many times over by sharing a storage", async () => {
    const storage = new Uint8Array(400_000);
    const one = { length: "J\xa0\x86\x01\0", size: "J\xa0\x86\x01\0\x85", stride: "K\x01\x85" };
    const shared = Array.from({ length: 30 }, (_, i) => pickle(text(`w${i}`), tensor(one), "s"));
    const message = await refusal(zipFile(pickle("}", ...shared, "."), { "0": storage }));
    expect(message).toContain("its tensors take 12000000 bytes but share storages of 400000");
  });

  it("takes more than its file many times over by sharing a storage that inflates", async () => {
    const noise = randomBytes(80_000);
    const storage = { name: "archive/data/0", content: noise, deflate: true, size: 72_000_000 };
    const one = { length: "J\x80\xa8\x12\x01", size: "J\x80\xa8\x12\x01\x85", stride: "K\x01\x85" };
    const shared = Array.from({ length: 15 }, (_, i) => pickle(text(`w${i}`), tensor(one), "s"));
    const message = await refusal(zipFile(pickle("}", ...shared, "."), {}, [storage]));
    expect(message).toContain("take 1080000000 bytes but share storages of 72000000; at most 1073741824 are read");
  });

  it("lies in a part of an untyped storage", async () => {
    const part = pickle("(", text("0"), "K\x02K\x08t");
    const id = pickle("(", text("storage"), "ctorch\nUntypedStorage\n", text("0"), text("cpu"), "K\x18", part, "tQ");
    const int16 = pickle("ctorch._utils\n_rebuild_tensor_v3\n(", id, "K\x00K\x04\x85K\x01\x85\x89}ctorch\nint16\ntR");
    expect(await refusal(legacyFile(dictOf(int16)))).toContain('storage "0": a part of an untyped storage');
  });
});

describe("a ZIP file that", () => {
  const data = dictOf(tensor());
  it.each<[string, Uint8Array, string]>([
    ["holds no pickle", zipFile(data, {}, [], "a/b/"), "holds no data.pkl"],
    ["holds two pickles", zipFile(data, {}, [{ name: "other/data.pkl", content: data }]), "holds 2 data.pkl"],
    ["holds an entry twice", zipFile(data, {}, [{ name: "archive/data.pkl", content: data }]), "twice"],
    ["is TorchScript", zipFile(data, {}, [{ name: "archive/constants.pkl", content: data }]), "TorchScript"],
    ["is of the future", zipFile(data, {}, [{ name: "archive/version", content: Buffer.from("11\n") }]), "version"],
    ["has no byte order", zipFile(data, {}, [{ name: "archive/byteorder", content: Buffer.from("middle") }]), "middle"],
    [
      "has a long byte order",
      zipFile(data, {}, [{ name: "archive/byteorder", content: SIX.slice().fill(65) }]),
      "AAAA",
    ],
    [
      "is a bomb",
      zipFile(data, {}, [{ name: "archive/data/0", content: Buffer.alloc(24), deflate: true, size: 2 ** 31 }]),
      "cannot inflate to 2147483648",
    ],
    [
      "inflates to more than it says",
      zipFile(data, {}, [{ name: "archive/data/0", content: Buffer.alloc(5000), deflate: true, size: 24 }]),
      "inflates to more than its 24 bytes",
    ],
    ["has a wrong checksum", zipFile(data, {}, [{ name: "archive/data/0", content: SIX, crc: 1 }]), "checksum differs"],
    [
      "has a pickle of gigabytes",
      zipFile(data, {}, [{ name: "x/data.pkl", content: SIX, size: 1, compressedSize: 9 }]),
      "stored",
    ],
  ])("%s", async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message);
  });
});

describe("a legacy file that", () => {
  const data = dictOf(tensor());
  const whole = legacyFile(data);
  const edited = (edit: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    edit(bytes);
    return new Uint8Array(bytes);
  };
  it.each<[string, Uint8Array, string]>([
    ["is cut in a storage", whole.slice(0, -1), 'storage "0" of 24 bytes'],
    ["is cut before its storages", whole.slice(0, -32), 'storage "0" of 24 bytes'],
    ["is cut in the keys", whole.slice(0, -34), "cut short"],
    ["goes on", pickle(whole, "x"), "1 bytes follow the last storage"],
    ["counts otherwise", edited((bytes) => bytes.writeInt8(5, bytes.length - 32)), "says 6 elements, its own count 5"],
    [
      "counts below zero",
      edited((bytes) => bytes.writeInt8(-1, bytes.length - 25)),
      "its own count -72057594037927930",
    ],
    ["is big-endian", legacyFile(data, undefined, false), "big-endian"],
    ["lacks a storage", legacyFile(data, {}), 'storage "0" is not in the list'],
    ["has a storage of nobody", legacyFile(data, { "0": SIX, "1": SIX }), 'what the storage the text "1" is'],
    ["has another protocol version", edited((bytes) => bytes.writeInt8(0, 18)), "protocol version 1001, got 768"],
    ["names something in its facts", pickle(whole.slice(0, 21), "cos\nsystem\n."), 'refuses "os.system"'],
  ])("%s", async (_, bytes, message) => {
    expect(await refusal(bytes)).toContain(message);
  });
});

describe("no file of PyTorch's:", () => {
  const tar = Buffer.alloc(512);
  tar.write("ustar", 257);
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "it is empty"],
    ["a tar file", tar, "a tar file"],
    ["a web page", Buffer.from("\n<!DOCTYPE html><html>"), "a web page"],
    ["a Git LFS pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), "Git LFS pointer"],
    ["an HDF5 file", Buffer.from("\x89HDF\r\n\x1a\n", "latin1"), "an HDF5 file"],
    ["a gzip file", Buffer.from("\x1f\x8b\x08", "latin1"), "a gzip file"],
    ["a safetensors file", Buffer.from('\x20\0\0\0\0\0\0\0{"a":{}}', "latin1"), "a safetensors file"],
    ["any pickle", pickle("\x80\x02}."), "without PyTorch's magic number"],
    ["text", Buffer.from("hello"), "starts with the bytes 68656c6c6f"],
  ])("%s", async (_, bytes, message) => {
    expect(await refusal(new Uint8Array(bytes))).toContain(message);
  });
});
