/*
 * The smallest agent that asks for the bytes of every class: it enables ClassFileLoadHook in VMInit, as otelrs does, and
 * looks at nothing. What it costs no agent of this kind can avoid. Not Rust, and none of our code: a control that shares
 * nothing with what it is compared with.
 */
#include <jvmti.h>
#include <string.h>

static void JNICALL class_file_load_hook(jvmtiEnv *jvmti, JNIEnv *jni, jclass class_being_redefined, jobject loader,
                                         const char *name, jobject protection_domain, jint class_data_len,
                                         const unsigned char *class_data, jint *new_class_data_len,
                                         unsigned char **new_class_data) {
    (void)jvmti, (void)jni, (void)class_being_redefined, (void)loader, (void)name, (void)protection_domain;
    (void)class_data_len, (void)class_data, (void)new_class_data_len, (void)new_class_data;
}

static void JNICALL vm_init(jvmtiEnv *jvmti, JNIEnv *jni, jthread thread) {
    (void)jni, (void)thread;
    (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_CLASS_FILE_LOAD_HOOK, NULL);
}

JNIEXPORT jint JNICALL Agent_OnLoad(JavaVM *vm, char *options, void *reserved) {
    (void)options, (void)reserved;
    jvmtiEnv *jvmti;
    if ((*vm)->GetEnv(vm, (void **)&jvmti, JVMTI_VERSION_11) != JNI_OK) {
        return JNI_ERR;
    }
    jvmtiEventCallbacks callbacks;
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.VMInit = vm_init;
    callbacks.ClassFileLoadHook = class_file_load_hook;
    if ((*jvmti)->SetEventCallbacks(jvmti, &callbacks, (jint)sizeof callbacks) != JVMTI_ERROR_NONE) {
        return JNI_ERR;
    }
    return (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_VM_INIT, NULL) == JVMTI_ERROR_NONE
               ? JNI_OK
               : JNI_ERR;
}
