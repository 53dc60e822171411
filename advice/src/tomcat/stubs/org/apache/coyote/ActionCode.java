// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.coyote;

public enum ActionCode {
    REQ_HOST_ADDR_ATTRIBUTE,
    REQ_REMOTEPORT_ATTRIBUTE
}
