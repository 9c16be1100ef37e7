// On Windows an addon names the file that its Node-API functions come from. node.exe would be right for Node.js alone: a
// copy of it under another name, an application that has it inside, and Electron are other files. So nothing is named:
// calls go through pointers that the compiler expects of an import library (__imp_ and the function's name), and these
// are looked up in the running program when the addon is loaded.
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

// What addon.cc calls; one too few does not link.
#define LM_NODE_API(each)              \
  each(napi_adjust_external_memory)    \
  each(napi_create_double)             \
  each(napi_create_external)           \
  each(napi_create_int32)              \
  each(napi_create_reference)          \
  each(napi_create_string_utf8)        \
  each(napi_define_properties)         \
  each(napi_delete_reference)          \
  each(napi_get_cb_info)               \
  each(napi_get_typedarray_info)       \
  each(napi_get_value_double)          \
  each(napi_get_value_external)        \
  each(napi_get_value_int32)           \
  each(napi_get_value_uint32)          \
  each(napi_throw_error)               \
  each(napi_throw_type_error)

#define LM_POINTER(name) extern "C" FARPROC __imp_##name = nullptr;
LM_NODE_API(LM_POINTER)

namespace {
struct Import {
  const char* name;
  FARPROC* pointer;
};
#define LM_IMPORT(name) {#name, &__imp_##name},
const Import imports[] = {LM_NODE_API(LM_IMPORT)};

bool find_in(HMODULE host) {
  if (!host) return false;
  for (const Import& import : imports) {
    *import.pointer = GetProcAddress(host, import.name);
    if (!*import.pointer) return false;
  }
  return true;
}
}  // namespace

// Refuses to be loaded where there is no Node-API: that is an error which can be caught.
BOOL WINAPI DllMain(HINSTANCE, DWORD reason, void*) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  return find_in(GetModuleHandleW(nullptr)) || find_in(GetModuleHandleW(L"libnode.dll")) ||
         find_in(GetModuleHandleW(L"node.dll"));
}
#endif
