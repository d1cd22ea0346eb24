#include "wire/message_channel.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

// What channel::value_box takes.
constexpr std::size_t boxed_limit = 950;

message_channel full_value() {
    seeded_random random{3};
    auto const roots = [&](std::size_t count) {
        std::vector<target> out;
        for (std::size_t i = 0; i < count; ++i)
            out.push_back(random.make<target>());
        return out;
    };
    message_channel out;
    out.name = std::string(max_user_name_bytes, 'n');
    out.recent = roots(max_recent_roots);
    out.skips = roots(max_skip_roots);
    out.content_roots = roots(max_content_roots);
    out.complete_root = random.make<target>();
    out.extra_roots = roots(max_extra_roots);
    out.read_root = random.make<target>();
    return out;
}

TEST(MessageChannel, RoundTripsFullAndEmptyValues) {
    for (auto const& value : {full_value(), message_channel{}})
        EXPECT_EQ(decode_message_channel(encode(value).value()).value(), value);
}

TEST(MessageChannel, FitsItsBoxWhateverItHolds) {
    EXPECT_LE(encode(full_value()).value().size(), boxed_limit);
}

TEST(MessageChannel, TravelsSealedToo) {
    auto const data = encode_sealed_state(full_value()).value();
    EXPECT_LE(data.size(), 842U); // what a seal takes
    EXPECT_EQ(decode_sealed_state(data).value(), full_value());
    EXPECT_EQ(decode_sealed_state(as_bytes("d1:mi16e1:vi1ee")).error(), errc::unsupported_version);
    EXPECT_EQ(decode_sealed_state(as_bytes("d1:mi17e1:vi2ee")).error(), errc::unsupported_version);
    EXPECT_FALSE(decode_sealed_state(encode(full_value()).value()));
    EXPECT_FALSE(decode_sealed_state(byte_view(data).first(data.size() - 1)));
}

TEST(MessageChannel, HasTheDocumentedOctets) {
    message_channel value;
    value.name = "Al";
    EXPECT_EQ(as_text(encode(value).value()), "d1:n2:Al1:vi1ee");
}

TEST(MessageChannel, RefusesEveryTruncation) {
    auto const data = encode(full_value()).value();
    for (std::size_t length = 0; length < data.size(); ++length)
        EXPECT_FALSE(decode_message_channel(byte_view(data).first(length))) << length;
}

TEST(MessageChannel, RefusesAnotherVersion) {
    EXPECT_EQ(decode_message_channel(as_bytes("d1:vi2ee")).error(), errc::unsupported_version);
    EXPECT_EQ(decode_message_channel(as_bytes("de")).error(), errc::invalid_encoding);
}

TEST(MessageChannel, RefusesWhatIsAboveItsLimits) {
    auto const expect_too_large = [](auto change) {
        auto value = full_value();
        change(value);
        EXPECT_EQ(encode(value).error(), errc::too_large);
    };
    expect_too_large([](auto& v) { v.name += "x"; });
    expect_too_large([](auto& v) { v.recent.push_back({}); });
    expect_too_large([](auto& v) { v.skips.push_back({}); });
    expect_too_large([](auto& v) { v.content_roots.push_back({}); });
    expect_too_large([](auto& v) { v.extra_roots.push_back({}); });
    auto const over = "d1:p260:" + std::string(260, 'x') + "1:vi1ee";
    EXPECT_EQ(decode_message_channel(as_bytes(over)).error(), errc::too_large);
}

TEST(MessageChannel, RefusesWrongSizesAndNames) {
    EXPECT_EQ(decode_message_channel(as_bytes("d1:a3:abc1:vi1ee")).error(), errc::invalid_length);
    EXPECT_EQ(decode_message_channel(as_bytes("d1:n1:\xff"
                                              "1:vi1ee"))
                  .error(),
              errc::invalid_encoding);
    message_channel value;
    value.name = "\xff";
    EXPECT_EQ(encode(value).error(), errc::invalid_encoding);
}

} // namespace
} // namespace tau::wire
