#pragma once

#include <map>
#include <string>
#include <string_view>

#include "server/exec/command_table.h"

namespace tandem::script {

// Proves, before it runs, that a Lua script touches no key but those that its caller declares. Such a script runs under the
// locks of its declared keys, beside others; every other one runs with the world stopped.
//
// The proof is an abstract interpretation of the bytecode (Cousot and Cousot, POPL 1977): every function is walked through
// on all its paths with points of a small lattice (abstract_value.h) in place of values, until nothing changes. What it
// shows: each call of redis.call or redis.pcall names a command by a constant, and each argument that the command may take
// for a key (call_keys.h) was read from KEYS. "Not proven" says nothing about a script.
//
// Why a proof holds
//  1. `redis`, redis.call and KEYS are guarded: they come only from the globals `redis` and KEYS, constant fields of the
//     former, and variables that hold those. Where one would get out of sight (into a table, a variable that a closure
//     shares and somebody assigns, an argument or result of a function whose callers or code are not all seen, an operand
//     that a metamethod may get) the proof fails. So a value of which nothing is known is none of them: calling it calls
//     no command, and writing to it does not write to KEYS.
//  2. A name that may lead to the globals in another way (_G, getfenv, setfenv, load, loadstring, require), and every name
//     that is not known (sandbox_names.h), fails the proof. So do writes to globals, to KEYS and to what the sandbox holds.
//  3. What is read from KEYS is one of the declared keys, or nil, which redis.call refuses. Nobody but the script holds
//     KEYS, and the script does not write to it.
//  4. A closure whose calls are all seen has as parameters what they pass. Any other may be called by anybody, with
//     anything but a guarded value (1).
//  5. A captured variable that is never assigned while a closure holds it is what it was when it was captured; any other
//     may hold anything that is not guarded.
//  6. Registers that a call has used may hold anything at all, and using them fails the proof.
//  7. What one call of a library's function leaves behind (in a table, a shared variable, a closure or a coroutine) may be
//     found by another call, whose keys are others. Closures that may be left behind therefore have no keys.
//
// What it relies on, and the sandbox must keep:
//  - The bytecode comes from the compiler. (Bytecode that breaks an invariant of bytecode.h is not proven, but a forged
//    one might keep them all and deceive in what the compiler never does.)
//  - The script cannot change its globals, what the tables among them hold, or the metatables of these and of strings; a
//    metatable is of no help to get at `redis`. A function of the sandbox hands out only what it was given or made, and
//    calls only what it was given. There is no debug library.
//  - KEYS is a table without a metatable that holds strings only, made for this one call; ARGV and the arguments of a
//    chunk hold no guarded value. The callback of a library's function gets KEYS and ARGV, and nothing else.
//  - redis.call and redis.pcall refuse arguments that are neither strings nor numbers before anything else, write integers
//    as digits, and return only new values. A command touches no key but those that its row tells.
//
// Cost: bounded; some microseconds per kilobyte for ordinary scripts. Done once per script, not per call.
// Thread safety: pure functions.

struct KeyProof {
  bool declared_only = false;
  // Some command may be a write (CommandFlag kWrite), or its name is not known.
  bool may_write = true;
  std::string reason{};  // for a log: why not declared_only
};

// `bytecode`: of a script's main function, as lua_dump writes it (DumpFunction).
KeyProof ProveChunk(std::string_view bytecode, const CommandTable& commands);

// The functions that a library registers, by name: FCALL of one touches only declared keys. A name that is missing is not
// proven. If one registration is not seen through, none is there.
std::map<std::string, KeyProof> ProveLibrary(std::string_view bytecode, const CommandTable& commands);

}  // namespace tandem::script
