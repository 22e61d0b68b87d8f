/* The firewall, which Wine has in name only: which of its profiles are in force, as the registry here says (1 domain, 2 private,
   4 public); while nothing is said there, it is not told. The types are those of the Windows SDK's header. */
#define COBJMACROS
#define CINTERFACE
#include <initguid.h>
#include <windows.h>
#include <netfw.h>

static HRESULT STDMETHODCALLTYPE ask(INetFwPolicy2 *self, REFIID kind, void **found) {
    if (IsEqualGUID(kind, &IID_IUnknown) || IsEqualGUID(kind, &IID_INetFwPolicy2)) {
        *found = self;
        return S_OK;
    }
    *found = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE keep(void *self) {
    return 1;
}

static HRESULT STDMETHODCALLTYPE in_force(INetFwPolicy2 *self, LONG *profiles) {
    DWORD told, size = sizeof told;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Stand-in", L"Profiles", RRF_RT_REG_DWORD, NULL, &told, &size)) {
        return E_NOTIMPL;
    }
    *profiles = told;
    return S_OK;
}

static INetFwPolicy2Vtbl calls = {
    .QueryInterface = ask,
    .AddRef = (ULONG (STDMETHODCALLTYPE *)(INetFwPolicy2 *))keep,
    .Release = (ULONG (STDMETHODCALLTYPE *)(INetFwPolicy2 *))keep,
    .get_CurrentProfileTypes = in_force,
};
static INetFwPolicy2 policy = {&calls};

static HRESULT STDMETHODCALLTYPE ask_maker(IClassFactory *self, REFIID kind, void **found) {
    *found = self;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE make(IClassFactory *self, IUnknown *outer, REFIID kind, void **made) {
    return ask(&policy, kind, made);
}

static HRESULT STDMETHODCALLTYPE stay(IClassFactory *self, BOOL stays) {
    return S_OK;
}

static IClassFactoryVtbl maker_calls = {
    .QueryInterface = ask_maker,
    .AddRef = (ULONG (STDMETHODCALLTYPE *)(IClassFactory *))keep,
    .Release = (ULONG (STDMETHODCALLTYPE *)(IClassFactory *))keep,
    .CreateInstance = make,
    .LockServer = stay,
};
static IClassFactory maker = {&maker_calls};

HRESULT WINAPI DllGetClassObject(REFCLSID which, REFIID kind, void **found) {
    return IsEqualGUID(which, &CLSID_NetFwPolicy2) ? ask_maker(&maker, kind, found) : CLASS_E_CLASSNOTAVAILABLE;
}
