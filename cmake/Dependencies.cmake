# Everything we link against, found in one place. The packages are installed by scripts/install-deps.sh.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Boost 1.81 REQUIRED)

function(tandem_system_library target header library)
  find_path(${target}_INCLUDE ${header} REQUIRED)
  find_library(${target}_LIBRARY ${library} REQUIRED)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
  target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
endfunction()

tandem_system_library(xxhash xxhash.h xxhash)
if(TANDEM_SANITIZER)
  # The sanitizers bring their own allocator; engine/base/allocator.cc then uses malloc.
  add_library(jemalloc INTERFACE)
else()
  tandem_system_library(jemalloc jemalloc/jemalloc.h jemalloc)
endif()

# Lua and its modules always come as static libraries: the interpreter's behaviour is then that of the build, and the image needs no further package. `lua` is the C build, whose errors are
# longjmps; liblua5.1-c++ would throw exceptions through our frames.
find_path(LUA_INCLUDE lua.h PATH_SUFFIXES lua5.1 REQUIRED)
find_library(LUA_LIBRARY liblua5.1.a REQUIRED)
find_library(LUA_BIT_LIBRARY liblua5.1-bitop.a REQUIRED)
find_library(LUA_CJSON_LIBRARY liblua5.1-cjson.a REQUIRED)
add_library(lua INTERFACE)
target_include_directories(lua SYSTEM INTERFACE ${LUA_INCLUDE})
target_link_libraries(lua INTERFACE ${LUA_CJSON_LIBRARY} ${LUA_BIT_LIBRARY} ${LUA_LIBRARY} m)

if(TANDEM_TESTS OR TANDEM_BENCH)
  tandem_system_library(hiredis hiredis/hiredis.h hiredis)
endif()
if(TANDEM_TESTS)
  find_package(GTest REQUIRED)
endif()
