#include "wire/attachment_index.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

attachment_index index_of(std::size_t count) {
    seeded_random random{5};
    attachment_index out;
    for (std::size_t i = 0; i < count; ++i)
        out.children.push_back(random.make<target>());
    return out;
}

TEST(AttachmentIndex, RoundTripsFromOneToTheLimit) {
    for (std::size_t const count : {std::size_t{1}, std::size_t{2}, max_index_targets})
        EXPECT_EQ(decode_attachment_index(encode(index_of(count)).value()).value(),
                  index_of(count));
}

TEST(AttachmentIndex, RefusesNoneAndTooMany) {
    EXPECT_EQ(encode(index_of(0)).error(), errc::invalid_argument);
    EXPECT_EQ(encode(index_of(max_index_targets + 1)).error(), errc::too_large);
    EXPECT_EQ(decode_attachment_index(as_bytes("d1:vi1ee")).error(), errc::invalid_argument);
    auto const over = "d1:h940:" + std::string(940, 'x') + "1:vi1ee";
    EXPECT_EQ(decode_attachment_index(as_bytes(over)).error(), errc::too_large);
}

TEST(AttachmentIndex, RefusesEveryTruncationAndOtherVersions) {
    auto const data = encode(index_of(3)).value();
    for (std::size_t length = 0; length < data.size(); ++length)
        EXPECT_FALSE(decode_attachment_index(byte_view(data).first(length))) << length;
    EXPECT_EQ(decode_attachment_index(as_bytes("d1:h20:aaaaaaaaaaaaaaaaaaaa1:vi9ee")).error(),
              errc::unsupported_version);
}

} // namespace
} // namespace tau::wire
