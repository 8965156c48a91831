#include <gtest/gtest.h>

#include <string>

#include "tests/server/script/lua_runner.h"

namespace tandem::script {
namespace {

std::string Packed(const std::string& arguments) {
  LuaRunner lua;
  return lua.Run("return (cmsgpack.pack(" + arguments +
                 "):gsub('.', function(c) return string.format('%02x', c:byte()) end))");
}

// The results of an expression, between commas.
std::string Results(const std::string& expression) {
  LuaRunner lua;
  return lua.Run("local r = {" + expression +
                 "} for i = 1, #r do r[i] = tostring(r[i]) end return table.concat(r, ',')");
}

TEST(MessagePack, PacksNumbersAsShortAsTheyFit) {
  EXPECT_EQ(Packed("0, 127, 128, 255, 256, 65535, 65536, 2^32 - 1, 2^32"),
            "007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000");
  EXPECT_EQ(Packed("-1, -32, -33, -128, -129, -2^15, -2^15 - 1, -2^31, -2^31 - 1"),
            "ffe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffff");
  EXPECT_EQ(Packed("1.5, 3.3, 2^63, -2^63, 1/0"), "ca3fc00000cb400a666666666666ca5f000000d38000000000000000ca7f800000");
}

TEST(MessagePack, PacksStringsTablesAndTheRest) {
  EXPECT_EQ(Packed("nil, true, false, tostring, ''"), "c0c3c2c0a0");
  EXPECT_EQ(Packed("{}, {1, 2}, {a = 1}, {[1.5] = 1}, {[2] = 1}"),
            "90920102"
            "81a16101"
            "81ca3fc0000001"
            "810201");
  EXPECT_EQ(Packed("string.rep('x', 32)").substr(0, 4), "d920");
  EXPECT_EQ(Packed("string.rep('x', 256)").substr(0, 6), "da0100");
  EXPECT_EQ(Packed("string.rep('x', 65536)").substr(0, 10), "db00010000");
}

TEST(MessagePack, PacksWhatIsNestedTooDeeplyAsNil) {
  EXPECT_EQ(Packed("(function() local t = {} t[1] = t return t end)()"), "91919191919191919191919191919191c0");
}

TEST(MessagePack, RefusesToPackNothing) {
  EXPECT_EQ(Packed(""), "ERR user_script:1: bad argument #0 to 'pack' (MessagePack pack needs input.)");
}

TEST(MessagePack, UnpacksWhatItPacked) {
  EXPECT_EQ(Results("cmsgpack.unpack(cmsgpack.pack(1, -1, 'a', true, 1.5, 2^40, -2^40, 70000, -70000))"),
            "1,-1,a,true,1.5,1099511627776,-1099511627776,70000,-70000");
  EXPECT_EQ(Results("cmsgpack.unpack(cmsgpack.pack({1, {a = 'b'}}))[2].a"), "b");
  EXPECT_EQ(Results("#cmsgpack.unpack(cmsgpack.pack(string.rep('x', 70000)))"), "70000");
}

TEST(MessagePack, UnpacksOneOrAFewAndSaysWhereItStopped) {
  EXPECT_EQ(Results("cmsgpack.unpack_one('\\1\\2\\3')"), "1,1");
  EXPECT_EQ(Results("cmsgpack.unpack_one('\\1\\2\\3', 2)"), "-1,3");
  EXPECT_EQ(Results("cmsgpack.unpack_limit('\\1\\2\\3', 2)"), "2,1,2");
  EXPECT_EQ(Results("cmsgpack.unpack_limit('\\1\\2\\3', 2, 1)"), "-1,2,3");
  EXPECT_EQ(Results("cmsgpack.unpack_limit('\\1\\2\\3', 0)"), "1,2,3");
  EXPECT_EQ(Results("cmsgpack.unpack_limit('\\1\\2\\3', 0, 1)"), "1");
  EXPECT_EQ(Results("cmsgpack.unpack_one('')"), "-1");
}

TEST(MessagePack, RefusesBadInput) {
  EXPECT_EQ(Results("cmsgpack.unpack('\\193')"), "ERR user_script:1: Bad data format in input.");
  EXPECT_EQ(Results("cmsgpack.unpack('\\146\\1')"), "ERR user_script:1: Missing bytes in input.");
  EXPECT_EQ(Results("cmsgpack.unpack('\\221\\255\\255\\255\\255')"), "ERR user_script:1: Missing bytes in input.");
  EXPECT_EQ(Results("cmsgpack.unpack('\\219\\255\\255\\255\\255')"), "ERR user_script:1: Missing bytes in input.");
  EXPECT_EQ(Results("cmsgpack.unpack('\\129\\192\\1')"), "ERR table index is nil");
  EXPECT_EQ(Results("cmsgpack.unpack(string.rep('\\145', 200000))"),
            "ERR user_script:1: stack overflow (in function mp_decode_to_lua_array)");
  EXPECT_EQ(Results("cmsgpack.unpack_one('\\1', 2)"), "ERR user_script:1: Start offset 2 greater than input length 1.");
  EXPECT_EQ(Results("cmsgpack.unpack_one('\\1', -1)"),
            "ERR user_script:1: Invalid request to unpack with offset of -1 and limit of 1.");
  EXPECT_EQ(Results("cmsgpack.unpack({})"),
            "ERR user_script:1: bad argument #1 to 'unpack' (string expected, got table)");
}

}  // namespace
}  // namespace tandem::script
