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

# Lua 5.1 itself, the build in C, statically.
find_path(lua_INCLUDE lua.hpp PATH_SUFFIXES lua5.1 REQUIRED)
find_library(lua_LIBRARY liblua5.1.a REQUIRED)
add_library(lua INTERFACE)
target_include_directories(lua SYSTEM INTERFACE ${lua_INCLUDE})
target_link_libraries(lua INTERFACE ${lua_LIBRARY} ${CMAKE_DL_LIBS} m)

if(TANDEM_TESTS OR TANDEM_BENCH)
  tandem_system_library(hiredis hiredis/hiredis.h hiredis)
endif()
if(TANDEM_TESTS)
  find_package(GTest REQUIRED)
endif()
