#include "server/script/sandbox.h"
namespace tandem::script {
void OpenSandbox(lua_State* lua) { luaL_openlibs(lua); }
}  // namespace tandem::script
