//! The bridge's native methods, bound by their exported names (JNI specification, "Resolving Native Method Names").
//!
//! RegisterNatives prints a warning on the application's standard output, but not where it is called for `System.load`: its
//! caller is a class of `java.base` then.

use std::ffi::{CStr, c_void};

use super::bindings::{JNIEnv, JNINativeMethod, jboolean, jbyteArray, jclass, jint, jlong, jlongArray};
use super::environment::Class;
use super::jni::Jni;
use crate::guard::{self, Entry};
use crate::natives;
use otelrs_sdk::record::Record;

/// No, in JNI.
const JNI_FALSE: jboolean = 0;

/// Binds the native methods of the bridge; false when the JVM refuses.
pub(crate) fn register(jni: &Jni<'_>, bridge: Class<'_>) -> bool {
    let method = |name: &'static CStr, signature: &'static CStr, function: *mut c_void| JNINativeMethod {
        name: name.as_ptr().cast_mut(),
        signature: signature.as_ptr().cast_mut(),
        fnPtr: function,
    };
    jni.register_natives(
        bridge,
        &[
            method(c"end", c"(IJJJJIJJ[BI)Z", Java_java_lang_OtelrsBridge_end as *mut c_void),
            method(c"extract", c"([BI[J)V", Java_java_lang_OtelrsBridge_extract as *mut c_void),
            method(c"traceparent", c"(JJJI[B)Z", Java_java_lang_OtelrsBridge_traceparent as *mut c_void),
            method(c"declined", c"(I)V", Java_java_lang_OtelrsBridge_declined as *mut c_void),
            method(c"absent", c"([BI)V", Java_java_lang_OtelrsBridge_absent as *mut c_void),
        ],
    )
}

/// `OtelrsBridge.end`: the one call of a span's life.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Java_java_lang_OtelrsBridge_end(
    environment: *mut JNIEnv,
    _class: jclass,
    site: jint,
    trace_high: jlong,
    trace_low: jlong,
    span_id: jlong,
    parent_span_id: jlong,
    flags: jint,
    start: jlong,
    end: jlong,
    payload: jbyteArray,
    length: jint,
) -> jboolean {
    guard::enter(Entry::End, (), || {
        let Some(payload) = Jni::of_raw(environment).and_then(|jni| jni.read_payload(payload, length)) else {
            return;
        };
        natives::end(Record {
            site: u16::try_from(site).unwrap_or(0),
            trace_id: [trace_high.cast_unsigned(), trace_low.cast_unsigned()],
            span_id: span_id.cast_unsigned(),
            parent_span_id: parent_span_id.cast_unsigned(),
            flags: flags.cast_unsigned(),
            start: start.cast_unsigned(),
            end: end.cast_unsigned(),
            resource: 0,
            payload,
        });
    });
    u8::from(!guard::disabled())
}

/// `OtelrsBridge.extract`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Java_java_lang_OtelrsBridge_extract(
    environment: *mut JNIEnv,
    _class: jclass,
    payload: jbyteArray,
    length: jint,
    ids: jlongArray,
) {
    guard::enter(Entry::Extract, (), || {
        let Some(jni) = Jni::of_raw(environment) else { return };
        let mut extracted = match jni.read_bytes(payload, length) {
            Some(bytes) => natives::extract(&bytes),
            None => natives::Extracted::NOTHING,
        };
        if !jni.write_bytes(payload, &extracted.text) {
            extracted = natives::Extracted::NOTHING;
        }
        jni.write_longs(ids, &extracted.ids);
    });
}

/// `OtelrsBridge.traceparent`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Java_java_lang_OtelrsBridge_traceparent(
    environment: *mut JNIEnv,
    _class: jclass,
    trace_high: jlong,
    trace_low: jlong,
    span_id: jlong,
    flags: jint,
    out: jbyteArray,
) -> jboolean {
    guard::enter(Entry::Traceparent, JNI_FALSE, || {
        let Some(jni) = Jni::of_raw(environment) else { return JNI_FALSE };
        let trace_id = [trace_high.cast_unsigned(), trace_low.cast_unsigned()];
        let flags = u8::try_from(flags & 0xff).unwrap_or(0);
        u8::from(jni.write_bytes(out, &natives::traceparent(trace_id, span_id.cast_unsigned(), flags)))
    })
}

/// `OtelrsBridge.declined`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Java_java_lang_OtelrsBridge_declined(
    _environment: *mut JNIEnv,
    _class: jclass,
    reason: jint,
) {
    guard::enter(Entry::Declined, (), || natives::declined(reason));
}

/// `OtelrsBridge.absent`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Java_java_lang_OtelrsBridge_absent(
    environment: *mut JNIEnv,
    _class: jclass,
    payload: jbyteArray,
    length: jint,
) {
    guard::enter(Entry::Absent, (), || {
        if let Some(bytes) = Jni::of_raw(environment).and_then(|jni| jni.read_bytes(payload, length)) {
            natives::absent(&bytes);
        }
    });
}
