#include "core/endpoint.hpp"

#include <gtest/gtest.h>

namespace tau {
namespace {

TEST(Endpoint, ReadsBothFamiliesAndPrintsThemBack) {
    for (auto const* text : {"1.2.3.4:80", "[2001:db8::1]:65535", "127.0.0.1:0"})
        EXPECT_EQ(to_string(parse_endpoint(text).value()), text);
}

TEST(Endpoint, RejectsWhatIsNotAnAddressAndPort) {
    for (auto const* text : {"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:-1", "host:80",
                             "2001:db8::1:80", "[1.2.3.4]:80", "[::1]80"})
        EXPECT_EQ(parse_endpoint(text).error(), errc::invalid_encoding) << text;
    using namespace std::string_literals;
    for (auto const& text : {"1.2.3.4\0:80"s, "[::1\0x]:80"s})
        EXPECT_EQ(parse_endpoint(text).error(), errc::invalid_encoding) << text;
    for (auto const* text : {"1.2.3.4:65536", "1.2.3.4:99999999999999999999"})
        EXPECT_EQ(parse_endpoint(text).error(), errc::invalid_argument) << text;
}

TEST(Endpoint, RoundTripsCompactForm) {
    for (auto const* text : {"1.2.3.4:80", "[2001:db8::1]:6881"}) {
        auto const ep = parse_endpoint(text).value();
        EXPECT_EQ(from_compact(to_compact(ep)).value(), ep);
    }
}

TEST(Endpoint, CompactFormHasExactlySixOrEighteenOctets) {
    for (std::size_t n = 0; n < 24; ++n)
        EXPECT_EQ(from_compact(bytes(n)).has_value(), n == 6 || n == 18) << n;
}

} // namespace
} // namespace tau
