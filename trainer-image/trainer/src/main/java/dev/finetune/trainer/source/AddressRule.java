package dev.finetune.trainer.source;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Which network addresses a source may have. Loopback, link-local and the metadata addresses of clouds are refused, because a
 * user of a namespace could read the node's credentials through them. Private networks are allowed: in-cluster and on-premises
 * stores live there, and NetworkPolicy is the place to close them.
 */
@FunctionalInterface
interface AddressRule {
    /** Whether a connection to that address may be made. */
    boolean allows(InetAddress address);

    /** The rule of production. */
    AddressRule PUBLIC_AND_PRIVATE = AddressRule::isOrdinary;

    private static boolean isOrdinary(InetAddress address) {
        if (address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        return switch (address) {
            // 0.0.0.0/8 reaches this host on Linux; 100.100.100.200 and 168.63.129.16 are metadata services.
            case Inet4Address _ ->
                bytes[0] != 0
                        && !Arrays.equals(bytes, new byte[] {100, 100, 100, (byte) 200})
                        && !Arrays.equals(bytes, new byte[] {(byte) 168, 63, (byte) 129, 16});
            case Inet6Address _ -> isOrdinary6(bytes);
            default -> false;
        };
    }

    private static boolean isOrdinary6(byte[] bytes) {
        // fd00:ec2::254 is a metadata service.
        if (startsWith(bytes, 0xfd, 0x00, 0x0e, 0xc2)) {
            return false;
        }
        // 64:ff9b::/96 (NAT64), 2002::/16 (6to4) and ::/96 (old mapping) carry an IPv4 address.
        if (startsWith(bytes, 0x00, 0x64, 0xff, 0x9b) || startsWith(bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) {
            return isOrdinary(ipv4(bytes, 12));
        }
        return !startsWith(bytes, 0x20, 0x02) || isOrdinary(ipv4(bytes, 2));
    }

    private static InetAddress ipv4(byte[] bytes, int from) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + 4));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static boolean startsWith(byte[] bytes, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if ((bytes[i] & 0xff) != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
