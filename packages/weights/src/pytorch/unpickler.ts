/**
 * Pickles without Python: a stack machine that makes inert values and has no means to call anything. A name of Python's
 * is looked up in one table ({@link ../globals}); what is not there is refused by name, or becomes a value that nothing
 * can be done with. Time and memory are bounded by the number of operations, each of constant cost; an operation that
 * copies counts as many as it copies.
 *
 * Semantics: CPython's pickle.py, `_Unpickler`. Not read: extension codes (EXT*), buffers out of band (PEP 574).
 */
import { quote } from "../weights-error.js";
import { PyTorchError } from "./error.js";
import { LAST_PROTOCOL, OP } from "./opcodes.js";
import { PickleReader } from "./pickle-reader.js";
import { Dict, Global, kindOf, Opaque, PickledSet, Tuple, type Value } from "./values.js";

/** Operations that one pickle may take: about 45 a tensor, so that there may be some ninety thousand. */
const MAX_OPERATIONS = 2 ** 22;

/** Text that a call may copy at the cost of an operation. */
const CHARACTERS_PER_OPERATION = 16;

/** What a pickle refers to outside itself. */
export interface Surroundings {
  /** What stands for a name of Python's. Throws if it is refused. */
  global(name: string): Global | Opaque;
  /** What a persistent id stands for. Throws if it is none. */
  persistent(id: Value): Value;
}

/**
 * Reads one pickle.
 * @param position Where it starts.
 * @returns Its value, and where it ends.
 * @throws PyTorchError if it is broken or refused; `CutShort` if it goes on after the bytes.
 */
export function unpickle(
  bytes: Uint8Array,
  position: number,
  surroundings: Surroundings,
): { value: Value; end: number } {
  const machine = new Machine(new PickleReader(bytes, position), surroundings);
  return { value: machine.run(), end: machine.position };
}

/** Surroundings of pickles that hold plain data alone. */
export const PLAIN: Surroundings = {
  global(name) {
    throw new PyTorchError(null, `refuses ${quote(name)} where plain data are expected`);
  },
  persistent() {
    throw new PyTorchError(null, "refuses a persistent id where plain data are expected");
  },
};

class Machine {
  readonly #reader: PickleReader;
  readonly #surroundings: Surroundings;
  readonly #stack: Value[] = [];
  /** The stack's length at each mark that is open. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  #operations = 0;

  constructor(reader: PickleReader, surroundings: Surroundings) {
    this.#reader = reader;
    this.#surroundings = surroundings;
  }

  get position(): number {
    return this.#reader.position;
  }

  run(): Value {
    for (;;) {
      this.#spend(1);
      const opcode = this.#reader.uint8();
      if (opcode === OP.STOP) {
        const value = this.#pop();
        if (this.#stack.length > 0) throw this.#broken(`it ends with ${this.#stack.length} values left over`);
        return value;
      }
      if (!(this.#literal(opcode) || this.#memory(opcode) || this.#container(opcode) || this.#object(opcode))) {
        throw this.#broken(`it has the opcode 0x${opcode.toString(16).padStart(2, "0")}, which is not read`);
      }
    }
  }

  /** Numbers, text and bytes. */
  #literal(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case OP.NONE:
        return this.#push(null);
      case OP.NEWTRUE:
        return this.#push(true);
      case OP.NEWFALSE:
        return this.#push(false);
      case OP.INT:
        return this.#push(this.#intOrBool());
      case OP.LONG:
        return this.#push(reader.integerLine());
      case OP.BININT:
        return this.#push(reader.int32());
      case OP.BININT1:
        return this.#push(reader.uint8());
      case OP.BININT2:
        return this.#push(reader.uint16());
      case OP.LONG1:
        return this.#push(reader.integer(reader.uint8()));
      case OP.LONG4:
        return this.#push(reader.integer(reader.uint32()));
      case OP.FLOAT:
        return this.#push(reader.floatLine());
      case OP.BINFLOAT:
        return this.#push(reader.float64());
      case OP.STRING:
        return this.#push(reader.quotedLine());
      case OP.BINSTRING:
        return this.#push(reader.textOrBytes(reader.uint32()));
      case OP.SHORT_BINSTRING:
        return this.#push(reader.textOrBytes(reader.uint8()));
      case OP.UNICODE:
        return this.#push(reader.unicodeLine());
      case OP.SHORT_BINUNICODE:
        return this.#push(reader.text(reader.uint8()));
      case OP.BINUNICODE:
        return this.#push(reader.text(reader.uint32()));
      case OP.BINUNICODE8:
        return this.#push(reader.text(reader.uint64()));
      case OP.SHORT_BINBYTES:
        return this.#push(reader.bytes(reader.uint8()));
      case OP.BINBYTES:
        return this.#push(reader.bytes(reader.uint32()));
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#push(reader.bytes(reader.uint64()));
      default:
        return false;
    }
  }

  /** The memo, the stack itself, and what frames the pickle. */
  #memory(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case OP.PROTO: {
        const protocol = reader.uint8();
        if (protocol > LAST_PROTOCOL)
          throw this.#broken(`its protocol is ${protocol}, the last known ${LAST_PROTOCOL}`);
        return true;
      }
      case OP.FRAME:
        reader.uint64();
        return true;
      case OP.MARK:
        this.#marks.push(this.#stack.length);
        return true;
      case OP.POP:
        if (this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
        else this.#pop();
        return true;
      case OP.POP_MARK:
        this.#popToMark();
        return true;
      case OP.DUP:
        return this.#push(this.#top());
      case OP.GET:
        return this.#push(this.#remembered(reader.integerLine()));
      case OP.BINGET:
        return this.#push(this.#remembered(reader.uint8()));
      case OP.LONG_BINGET:
        return this.#push(this.#remembered(reader.uint32()));
      case OP.PUT:
        return this.#remember(reader.integerLine());
      case OP.BINPUT:
        return this.#remember(reader.uint8());
      case OP.LONG_BINPUT:
        return this.#remember(reader.uint32());
      case OP.MEMOIZE:
        return this.#remember(this.#memo.size);
      default:
        return false;
    }
  }

  /** Tuples, lists, dictionaries and sets. */
  #container(opcode: number): boolean {
    switch (opcode) {
      case OP.EMPTY_TUPLE:
        return this.#push(new Tuple([]));
      case OP.TUPLE1:
        return this.#push(new Tuple(this.#popMany(1)));
      case OP.TUPLE2:
        return this.#push(new Tuple(this.#popMany(2)));
      case OP.TUPLE3:
        return this.#push(new Tuple(this.#popMany(3)));
      case OP.TUPLE:
        return this.#push(new Tuple(this.#popToMark()));
      case OP.EMPTY_LIST:
        return this.#push([]);
      case OP.LIST:
        return this.#push(this.#popToMark());
      case OP.EMPTY_DICT:
        return this.#push(new Dict());
      case OP.DICT: {
        const items = this.#popToMark();
        const dict = new Dict();
        this.#setItems(dict, items);
        return this.#push(dict);
      }
      case OP.EMPTY_SET:
        return this.#push(new PickledSet());
      case OP.FROZENSET:
        this.#popToMark();
        return this.#push(new PickledSet());
      case OP.APPEND: {
        const item = this.#pop();
        return this.#append([item]);
      }
      case OP.APPENDS:
        return this.#append(this.#popToMark());
      case OP.SETITEM: {
        const items = this.#popMany(2);
        return this.#setItems(this.#top(), items);
      }
      case OP.SETITEMS: {
        const items = this.#popToMark();
        return this.#setItems(this.#top(), items);
      }
      case OP.ADDITEMS: {
        this.#popToMark();
        const target = this.#top();
        if (target instanceof PickledSet || target instanceof Opaque) return true;
        throw this.#broken(`it adds elements to ${kindOf(target)}`);
      }
      default:
        return false;
    }
  }

  /** Names of Python's, calls and objects. */
  #object(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case OP.GLOBAL:
        return this.#push(this.#global(reader.textLine(), reader.textLine()));
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2);
        if (typeof module !== "string" || typeof name !== "string") throw this.#broken("it has a name that is no text");
        return this.#push(this.#global(module, name));
      }
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const [callee, args] = this.#popMany(2);
        if (!(args instanceof Tuple)) throw this.#broken(`it calls with ${kindOf(args!)} for arguments`);
        return this.#push(this.#call(callee!, args.items));
      }
      case OP.NEWOBJ_EX: {
        const [callee, args, named] = this.#popMany(3);
        if (!(args instanceof Tuple && named instanceof Dict)) throw this.#broken("it calls without arguments");
        if (named.size > 0 && !(callee instanceof Opaque)) throw this.#broken("it calls with named arguments");
        return this.#push(this.#call(callee!, args.items));
      }
      case OP.INST: {
        const callee = this.#global(reader.textLine(), reader.textLine());
        return this.#push(this.#call(callee, this.#popToMark()));
      }
      case OP.OBJ: {
        const [callee, ...args] = this.#popToMark();
        if (callee === undefined) throw this.#broken("it makes an object of nothing");
        return this.#push(this.#call(callee, args));
      }
      case OP.BUILD: {
        const state = this.#pop();
        const target = this.#top();
        // Attributes of a state dict, such as its versions, say nothing about its tensors.
        if (target instanceof Opaque || (target instanceof Dict && state instanceof Dict)) return true;
        throw this.#broken(`it sets the state of ${kindOf(target)}, which is refused`);
      }
      case OP.BINPERSID:
        return this.#push(this.#surroundings.persistent(this.#pop()));
      case OP.PERSID:
        return this.#push(this.#surroundings.persistent(reader.textLine()));
      default:
        return false;
    }
  }

  #global(module: string, name: string): Global | Opaque {
    return this.#surroundings.global(`${module}.${name}`);
  }

  #call(callee: Value, args: readonly Value[]): Value {
    if (callee instanceof Opaque) return callee;
    if (!(callee instanceof Global && callee.call !== null))
      throw this.#broken(`it calls ${kindOf(callee)}, which is refused`);
    for (const arg of args) {
      if (arg instanceof Tuple) this.#spend(arg.items.length);
      else if (Array.isArray(arg)) this.#spend(arg.length);
      else if (arg instanceof Dict) this.#spend(arg.size);
      else if (typeof arg === "string") this.#spend(arg.length / CHARACTERS_PER_OPERATION);
    }
    return callee.call(args);
  }

  #append(items: readonly Value[]): boolean {
    const target = this.#top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (!(target instanceof Opaque)) throw this.#broken(`it appends to ${kindOf(target)}`);
    return true;
  }

  #setItems(target: Value, items: readonly Value[]): boolean {
    if (items.length % 2 === 1) throw this.#broken("it has a dictionary with a key and no value");
    if (target instanceof Opaque) return true;
    if (!(target instanceof Dict)) throw this.#broken(`it sets entries of ${kindOf(target)}`);
    for (let at = 0; at < items.length; at += 2) target.set(items[at]!, items[at + 1]!);
    return true;
  }

  #intOrBool(): number | bigint | boolean {
    const { position } = this.#reader;
    const line = this.#reader.textLine();
    if (line === "00" || line === "01") return line === "01";
    this.#reader.position = position;
    return this.#reader.integerLine();
  }

  #push(value: Value): true {
    this.#stack.push(value);
    return true;
  }

  /** What is above the last mark can be popped; what is below cannot. */
  #pop(): Value {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  /** The last values, in the order in which they came. */
  #popMany(count: 1 | 2 | 3): Value[] {
    const values: Value[] = [];
    for (let i = 0; i < count; i++) values.push(this.#pop());
    return values.reverse();
  }

  #popToMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#broken("it goes back to a mark that is not there");
    return this.#stack.splice(mark);
  }

  #top(): Value {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#broken("it takes a value off an empty stack");
    return this.#stack.at(-1)!;
  }

  #remember(index: number | bigint): true {
    this.#memo.set(Number(index), this.#top());
    return true;
  }

  #remembered(index: number | bigint): Value {
    const value = this.#memo.get(Number(index));
    if (value === undefined) throw this.#broken(`it asks for memo ${index}, which it never set`);
    return value;
  }

  #spend(operations: number): void {
    this.#operations += operations;
    if (this.#operations > MAX_OPERATIONS) {
      throw new PyTorchError(null, `the pickle takes more than ${MAX_OPERATIONS} operations`);
    }
  }

  #broken(detail: string): PyTorchError {
    return new PyTorchError(null, `the pickle is broken or refused before byte ${this.#reader.position}: ${detail}`);
  }
}
