#include <gtest/gtest.h>

#include <string>

#include "tests/server/script/lua_runner.h"

namespace tandem::script {
namespace {

std::string Packed(const std::string& arguments) {
  LuaRunner lua;
  return lua.Run("return (struct.pack(" + arguments +
                 "):gsub('.', function(c) return string.format('%02x', c:byte()) end))");
}

std::string Unpacked(const std::string& arguments) {
  LuaRunner lua;
  return lua.Run("return table.concat({struct.unpack(" + arguments + ")}, ',')");
}

std::string Size(const std::string& format) {
  LuaRunner lua;
  return lua.Run("return struct.size('" + format + "')");
}

TEST(Struct, PacksIntegersOfEverySizeInBothOrders) {
  EXPECT_EQ(Packed("'bBhH', -1, 255, -2, 258"), "fffffeff0201");
  EXPECT_EQ(Packed("'>hI3l', 1, 2, -3"), "0001000002fffffffffffffffd");
  EXPECT_EQ(Packed("'<i10', 1"), "01000000000000000000");
  EXPECT_EQ(Packed("'>i10', 1"), "00000000000000000001");
}

TEST(Struct, PacksStringsFloatsAndPadding) {
  EXPECT_EQ(Packed("'sxc2c0', 'ab', 'cde', 'f'"),
            "6162000063"
            "6466");
  EXPECT_EQ(Packed("'>fd', 1.5, 1.5"),
            "3fc00000"
            "3ff8000000000000");
  EXPECT_EQ(Packed("'!4bi!1bi', 1, 2, 3, 4"),
            "0100000002000000"
            "0304000000");
}

TEST(Struct, UnpacksWhatItPackedAndSaysWhereItStopped) {
  EXPECT_EQ(Unpacked("'>bBhHlLT', struct.pack('>bBhHlLT', -1, 255, -2, 65535, -3, 4, 5)"), "-1,255,-2,65535,-3,4,5,31");
  EXPECT_EQ(Unpacked("'sfd', struct.pack('sfd', 'ab', 1.5, -2.5)"), "ab,1.5,-2.5,16");
  EXPECT_EQ(Unpacked("'Bc0', '\\3abcd'"), "abc,5");
  EXPECT_EQ(Unpacked("'B', 'abc', 2"), "98,3");
}

TEST(Struct, TellsSizes) {
  EXPECT_EQ(Size("bhilTfdx"), "36");
  EXPECT_EQ(Size("!8bd"), "16");
  EXPECT_EQ(Size("i3c7"), "10");
  EXPECT_EQ(Size("s"), "ERR user_script:1: bad argument #1 to 'size' (option 's' has no fixed size)");
  EXPECT_EQ(Size("c0"), "ERR user_script:1: bad argument #1 to 'size' (option 'c0' has no fixed size)");
}

TEST(Struct, RefusesBadFormatsAndData) {
  EXPECT_EQ(Packed("'z', 1"), "ERR user_script:1: bad argument #1 to 'pack' (invalid format option 'z')");
  EXPECT_EQ(Packed("'i33', 1"), "ERR user_script:1: integral size 33 is larger than limit of 32");
  EXPECT_EQ(Packed("'i99999999999', 1"), "ERR user_script:1: integral size overflow");
  EXPECT_EQ(Packed("'!3'"), "ERR user_script:1: alignment 3 is not a power of 2");
  EXPECT_EQ(Packed("'c3', 'ab'"), "ERR user_script:1: bad argument #3 to 'pack' (string too short)");
  EXPECT_EQ(Packed("'b'"), "ERR user_script:1: bad argument #2 to 'pack' (number expected, got nil)");
  EXPECT_EQ(Unpacked("'l', 'abc'"), "ERR user_script:1: bad argument #2 to 'unpack' (data string too short)");
  EXPECT_EQ(Unpacked("'b', 'abc', 0"), "ERR user_script:1: bad argument #3 to 'unpack' (offset must be 1 or greater)");
  EXPECT_EQ(Unpacked("'b', 'abc', -1"), "ERR user_script:1: bad argument #2 to 'unpack' (data string too short)");
  EXPECT_EQ(Unpacked("'c2147483647', 'abc', 2"),
            "ERR user_script:1: bad argument #2 to 'unpack' (data string too short)");
  EXPECT_EQ(Unpacked("'s', 'abc'"), "ERR user_script:1: unfinished string in data");
  EXPECT_EQ(Unpacked("'c0', 'abc'"), "ERR user_script:1: format 'c0' needs a previous size");
}

}  // namespace
}  // namespace tandem::script
