package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRuleTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "100.100.100.200", "168.63.129.16",
                        "224.0.0.1",
                "::1", "::", "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::127.0.0.1",
                        "64:ff9b::a9fe:a9fe",
                "2002:7f00:1::", "::ffff:169.254.169.254"
            })
    void refusesWhatReachesTheNodeItself(String address) throws UnknownHostException {
        assertThat(AddressRule.PUBLIC_AND_PRIVATE.allows(InetAddress.getByName(address)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "93.184.215.14",
                "10.0.0.7",
                "192.168.1.1",
                "172.16.0.1",
                "100.64.0.1",
                "2606:2800:21f::1",
                "fd12::1",
                "64:ff9b::5db8:d70e"
            })
    void allowsPublicAndPrivateNetworks(String address) throws UnknownHostException {
        assertThat(AddressRule.PUBLIC_AND_PRIVATE.allows(InetAddress.getByName(address)))
                .isTrue();
    }
}
