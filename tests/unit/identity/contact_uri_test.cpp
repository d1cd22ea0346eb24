#include "identity/contact_uri.hpp"

#include "keys.hpp"

#include <gtest/gtest.h>

namespace tau::identity {
namespace {

struct ContactUri : testing::Test {
    keyring const keys = test::keys_of(1);
    std::string const hex = to_hex(keys.key());
    std::string const start = "tau:" + hex + "?";

    contact full() const {
        return {keys.key(), keys.wallet(), "Zo\xc3\xab & co=?", host_port{"203.0.113.9", 6881},
                keys.contact_key(0)};
    }
    error_code error_of(std::string const& text) const {
        auto const parsed = parse_contact(text);
        return parsed ? error_code() : parsed.error();
    }
};

TEST_F(ContactUri, WritesTheCanonicalForm) {
    EXPECT_EQ(to_uri(full()), start + "wallet=" + to_eip55(keys.wallet())
                                  + "&name=Zo%C3%AB%20%26%20co%3D%3F&ep=203.0.113.9:6881&ck="
                                  + to_hex(keys.contact_key(0)));
    EXPECT_EQ(to_uri({keys.key(), {}, {}, {}, {}}), "tau:" + hex);
}

TEST_F(ContactUri, ComesBackFromItsText) {
    auto c = full();
    EXPECT_EQ(parse_contact(to_uri(c)).value(), c);
    c.endpoint = host_port{"2001:db8::1", 80};
    EXPECT_EQ(parse_contact(to_uri(c)).value(), c);
    c.endpoint = host_port{"node.example.org", 65535};
    c.wallet.reset();
    EXPECT_EQ(parse_contact(to_uri(c)).value(), c);
    c = {keys.key(), {}, std::string(max_name_bytes, '~'), {}, {}};
    EXPECT_EQ(parse_contact(to_uri(c)).value(), c);
    EXPECT_LE(to_uri(full()).size(), max_contact_uri_bytes);
}

TEST_F(ContactUri, AcceptsABareKeyInAnyCase) {
    auto upper = hex;
    for (auto& c : upper)
        c = static_cast<char>(::toupper(c));
    for (auto const& text : {hex, upper, "tau:" + upper, "TAU:" + upper, "Tau:" + hex})
        EXPECT_EQ(parse_contact(text).value().key, keys.key()) << text;
}

TEST_F(ContactUri, IgnoresUnknownParameters) {
    auto const parsed = parse_contact(start + "x-new=1&name=A&flag&y=").value();
    EXPECT_EQ(parsed.name, "A");
}

TEST_F(ContactUri, RefusesDuplicatesOfAnyParameter) {
    EXPECT_EQ(error_of(start + "name=A&name=A"), errc::invalid_argument);
    EXPECT_EQ(error_of(start + "x=1&name=A&x=2"), errc::invalid_argument);
    EXPECT_EQ(error_of(start + "flag&flag=1"), errc::invalid_argument);
}

TEST_F(ContactUri, RefusesBrokenStructure) {
    for (auto const& text :
         {std::string("tau:"), "http:" + hex, "tau://" + hex, ":" + hex, " tau:" + hex,
          "tau:" + hex + " ", "tau:" + hex + "\n", start, start + "&", start + "name=A&",
          start + "&name=A", start + "=A", start + "na%6De=A", start + "name=A#b",
          "tau:" + hex + "#b", "tau:" + hex + "&name=A", hex + "?name=A", "tau:" + hex + "/"})
        EXPECT_TRUE(error_of(text)) << text;
    EXPECT_EQ(error_of(std::string(max_contact_uri_bytes + 1, 'a')), errc::too_large);
    EXPECT_EQ(error_of(start + "x=" + std::string(max_contact_uri_bytes, 'a')), errc::too_large);
}

TEST_F(ContactUri, RefusesBrokenKeys) {
    EXPECT_EQ(error_of(""), errc::invalid_length);
    EXPECT_EQ(error_of(hex.substr(1)), errc::invalid_encoding); // odd number of digits
    EXPECT_EQ(error_of(hex.substr(2)), errc::invalid_length);
    EXPECT_EQ(error_of("tau:" + hex + "00"), errc::invalid_length);
    EXPECT_EQ(error_of("tau:" + std::string(64, 'g')), errc::invalid_encoding);
    EXPECT_EQ(error_of(std::string(64, '0')), errc::invalid_argument); // small order
}

TEST_F(ContactUri, RefusesBrokenEscapes) {
    for (std::string const value : {"%", "%4", "%4g", "%%", "a%", "a b", "caf\xc3\xa9"})
        EXPECT_EQ(error_of(start + "name=" + value), errc::invalid_encoding) << value;
    EXPECT_EQ(error_of(start + "unknown=%zz"), errc::invalid_encoding);
    EXPECT_EQ(parse_contact(start + "name=a%2bb+c").value().name, "a+b+c"); // '+' is no blank
}

TEST_F(ContactUri, RefusesBrokenValues) {
    EXPECT_EQ(error_of(start + "wallet="), errc::invalid_encoding);
    EXPECT_EQ(error_of(start + "wallet=0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
              errc::invalid_checksum);
    EXPECT_EQ(error_of(start + "ck=00"), errc::invalid_length);
    EXPECT_EQ(error_of(start + "ck=" + std::string(64, 'x')), errc::invalid_encoding);
    EXPECT_EQ(error_of(start + "ep="), errc::invalid_encoding);
    EXPECT_EQ(error_of(start + "ep=host:0"), errc::invalid_argument);
    EXPECT_EQ(error_of(start + "name="), errc::invalid_argument);
    EXPECT_EQ(error_of(start + "name=%00"), errc::invalid_argument);
    EXPECT_EQ(error_of(start + "name=%E2%80%AEevil"), errc::invalid_argument); // right to left
    EXPECT_EQ(error_of(start + "name=%FF"), errc::invalid_argument);           // not UTF-8
    EXPECT_EQ(error_of(start + "name=%20A"), errc::invalid_argument);
    EXPECT_EQ(error_of(start + "name=" + std::string(max_name_bytes + 1, 'a')),
              errc::invalid_argument);
}

TEST_F(ContactUri, EveryPrefixIsAnErrorOrAnotherContact) {
    auto const text = to_uri(full());
    for (std::size_t size = 0; size < text.size(); ++size) {
        auto const parsed = parse_contact(text.substr(0, size));
        EXPECT_TRUE(!parsed || parsed.value() != full()) << size;
    }
}

TEST(HostPort, ReadsNamesAndAddresses) {
    EXPECT_EQ(parse_host_port("1.2.3.4:80").value(), (host_port{"1.2.3.4", 80}));
    EXPECT_EQ(parse_host_port("[::1]:1").value(), (host_port{"::1", 1}));
    EXPECT_EQ(parse_host_port("a-b.example:65535").value(), (host_port{"a-b.example", 65535}));
    EXPECT_EQ(parse_host_port("localhost:6881").value(), (host_port{"localhost", 6881}));
    for (auto const* text : {"1.2.3.4:80", "[2001:db8::1]:80", "x.y:1"})
        EXPECT_EQ(to_string(parse_host_port(text).value()), text);
}

TEST(HostPort, RefusesEverythingElse) {
    for (std::string const text :
         {"",         ":",        ":80",          "host",           "host:",        "::1:80",
          "[::1]",    "[::1]80",  "[1.2.3.4]:80", "[fe80::1%1]:80", "1.2.3.256:80", "1.2.3:80",
          "host:+80", "host:8 0", "a b:80",       "-a:80",          "a-:80",        "a..b:80",
          ".a:80",    "a.:80",    "a/b:80",       "a@b:80"})
        EXPECT_EQ(parse_host_port(text).error(), errc::invalid_encoding) << text;
    for (auto const* text : {"host:0", "host:65536", "host:99999999999999999999"})
        EXPECT_EQ(parse_host_port(text).error(), errc::invalid_argument) << text;
    using namespace std::string_literals;
    for (auto const& text : {"1.2.3.4\0:80"s, "1.2.3.4\0.example:80"s, "[::1\0x]:80"s})
        EXPECT_EQ(parse_host_port(text).error(), errc::invalid_encoding) << text;
    EXPECT_TRUE(parse_host_port(std::string(63, 'a') + ":80"));
    EXPECT_FALSE(parse_host_port(std::string(64, 'a') + ":80"));
}

} // namespace
} // namespace tau::identity
