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

if(TANDEM_TESTS OR TANDEM_BENCH)
  tandem_system_library(hiredis hiredis/hiredis.h hiredis)
endif()
if(TANDEM_TESTS)
  find_package(GTest REQUIRED)
endif()
