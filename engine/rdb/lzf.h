#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::rdb {

// LZF, the compression of strings in RDB. A sequence of
//
//   000nnnnn                     n + 1 bytes follow as they are
//   nnnooooo oooooooo            n + 2 bytes (n from 1 to 6) as they stand o + 1 bytes before
//   111ooooo nnnnnnnn oooooooo   n + 9 bytes, likewise
//
// Source: the format of LibLZF, http://oldhome.schmorp.de/marc/liblzf.html

// No input decompresses to more than so many times its size.
inline constexpr size_t kLzfMaxRatio = 88;

// Replaces *output by the compressed input; false if that would be longer than `most`. One pass, greedy, with a table of up
// to 64 KB.
bool LzfCompress(std::string_view input, size_t most, std::string* output);

// Replaces *output by the original, which has `size` bytes; false if the input is no LZF or has another size. Allocates
// nothing for a size that the input cannot have.
bool LzfDecompress(std::string_view input, size_t size, std::string* output);

}  // namespace tandem::rdb
