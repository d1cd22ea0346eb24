#include "wire/message_body.hpp"

#include "core/random.hpp"
#include "wire/mutable_item.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

struct MessageBody : testing::Test {
    seeded_random random{7};

    message_root text(std::string words) {
        message_root out;
        out.links.position = 1;
        out.text = std::move(words);
        return out;
    }

    message_root full_file() {
        message_root out;
        out.kind = content_kind::image;
        out.links.position = 70'000;
        for (std::size_t i = 0; i < max_previous_roots; ++i)
            out.links.previous.push_back(random.make<target>());
        out.links.skip = random.make<target>();
        out.links.seen = random.make<target>();
        out.content = content_ref{random.make<content_key>(), 262'144, random.make<hash256>(), {}};
        for (std::size_t i = 0; i < max_content_roots; ++i)
            out.content->roots.push_back(random.make<target>());
        out.file_name = std::string(max_file_name_bytes, 'n');
        return out;
    }

    message_root card() {
        message_root out;
        out.kind = content_kind::contact;
        out.links.position = 1;
        out.card = contact_card{contact_step::accept, random.make<contact_key>(), "Alice"};
        return out;
    }

    message_root sealed_file() {
        auto out = full_file();
        out.content.reset();
        out.file = file_ref{random.make<info_hash>(), random.make<file_key>(), max_file_bytes,
                            random.make<hash256>()};
        return out;
    }

    message_root received() {
        message_root out;
        out.kind = content_kind::file_received;
        out.links.position = 3;
        out.received_file = random.make<hash256>();
        return out;
    }

    message_receipt receipt(std::size_t ids) {
        message_receipt out;
        for (std::size_t i = 0; i < ids; ++i)
            out.delivered.push_back(random.make<hash256>());
        return out;
    }

    void expect_round_trip(message_body const& body) {
        auto const data = encode(body);
        ASSERT_TRUE(data) << data.error().message();
        auto const back = decode_body(data.value());
        ASSERT_TRUE(back) << back.error().message();
        EXPECT_EQ(back.value(), body);
    }
};

TEST_F(MessageBody, RoundTripsEveryKind) {
    expect_round_trip(text("hello"));
    expect_round_trip(full_file());
    expect_round_trip(card());
    expect_round_trip(sealed_file());
    expect_round_trip(received());
    auto with_read = receipt(max_receipt_ids);
    with_read.read_root = random.make<target>();
    expect_round_trip(with_read);
    message_receipt only_read;
    only_read.read_root = random.make<target>();
    expect_round_trip(only_read);
    auto long_text = text("");
    long_text.content = full_file().content;
    expect_round_trip(long_text);
}

TEST_F(MessageBody, HasTheDocumentedOctets) {
    EXPECT_EQ(as_text(encode(text("hi")).value()), "d1:ii1e1:mi0e1:t2:hi1:vi1ee");
}

TEST_F(MessageBody, RefusesEveryTruncation) {
    for (auto const& body :
         {message_body{full_file()}, message_body{card()}, message_body{receipt(2)},
          message_body{text("hello")}, message_body{sealed_file()}, message_body{received()}}) {
        auto const data = encode(body).value();
        for (std::size_t length = 0; length < data.size(); ++length)
            EXPECT_FALSE(decode_body(byte_view(data).first(length))) << length;
    }
}

TEST_F(MessageBody, RefusesAnotherVersionOrKind) {
    EXPECT_EQ(decode_body(as_bytes("d1:ii1e1:mi0e1:t2:hi1:vi2ee")).error(),
              errc::unsupported_version);
    EXPECT_EQ(decode_body(as_bytes("d1:ii1e1:mi5e1:t2:hi1:vi1ee")).error(),
              errc::unsupported_version);
    EXPECT_EQ(decode_body(as_bytes("d1:ii1e1:mi0e1:t2:hie")).error(), errc::invalid_encoding);
}

TEST_F(MessageBody, IgnoresUnknownKeys) {
    EXPECT_TRUE(decode_body(as_bytes("d1:ii1e1:mi0e1:t2:hi1:vi1e2:xxi1ee")));
}

TEST_F(MessageBody, AFileIsATreeOrASealedTorrentAndOfAllowedSize) {
    auto file = sealed_file();
    file.content = full_file().content;
    EXPECT_EQ(encode(file).error(), errc::invalid_argument);
    file = sealed_file();
    file.file->size = max_file_bytes + 1;
    EXPECT_EQ(encode(file).error(), errc::too_large);
    file.file->size = 0;
    EXPECT_EQ(encode(file).error(), errc::invalid_argument);
    auto words = text("hello");
    words.file = sealed_file().file;
    EXPECT_EQ(encode(words).error(), errc::invalid_argument);
    auto proof = received();
    proof.received_file.reset();
    EXPECT_EQ(encode(proof).error(), errc::invalid_argument);
}

TEST_F(MessageBody, RefusesWhatIsOutsideTheLimits) {
    EXPECT_EQ(encode(text(std::string(max_inline_text_bytes + 1, 'a'))).error(), errc::too_large);
    EXPECT_EQ(encode(receipt(max_receipt_ids + 1)).error(), errc::too_large);
    auto file = full_file();
    file.file_name += "x";
    EXPECT_EQ(encode(file).error(), errc::too_large);
    file = full_file();
    file.content->roots.push_back({});
    EXPECT_EQ(encode(file).error(), errc::too_large);
    file = full_file();
    file.links.previous.push_back({});
    EXPECT_EQ(encode(file).error(), errc::too_large);
    auto named = card();
    named.card->name = std::string(max_user_name_bytes + 1, 'a');
    EXPECT_EQ(encode(named).error(), errc::too_large);
    auto const over = "d1:ii1e1:mi0e1:t641:" + std::string(641, 'a') + "1:vi1ee";
    EXPECT_EQ(decode_body(as_bytes(over)).error(), errc::too_large);
}

TEST_F(MessageBody, RefusesBodiesThatSayNothingOrTooMuch) {
    EXPECT_EQ(encode(text("")).error(), errc::invalid_argument);
    EXPECT_EQ(encode(message_receipt{}).error(), errc::invalid_argument);
    auto no_place = text("hi");
    no_place.links.position = 0;
    EXPECT_EQ(encode(no_place).error(), errc::invalid_argument);
    auto file = full_file();
    file.content.reset();
    EXPECT_EQ(encode(file).error(), errc::invalid_argument);
    file = full_file();
    file.text = "both";
    EXPECT_EQ(encode(file).error(), errc::invalid_argument);
    auto no_card = card();
    no_card.card.reset();
    EXPECT_EQ(encode(no_card).error(), errc::invalid_argument);
    auto both = text("hi");
    both.content = full_file().content;
    EXPECT_EQ(encode(both).error(), errc::invalid_argument);
    EXPECT_EQ(decode_body(as_bytes("d1:mi16e1:vi1ee")).error(), errc::invalid_argument);
    EXPECT_EQ(decode_body(as_bytes("d1:ii0e1:mi0e1:t2:hi1:vi1ee")).error(), errc::invalid_argument);
}

TEST_F(MessageBody, RefusesTextThatIsNotUtf8) {
    EXPECT_EQ(encode(text("\xff")).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_body(as_bytes("d1:ii1e1:mi0e1:t1:\xff"
                                   "1:vi1ee"))
                  .error(),
              errc::invalid_encoding);
}

TEST_F(MessageBody, RefusesListsThatAreNotWholeMembers) {
    auto const odd = "d1:d33:" + std::string(33, 'x') + "1:mi16e1:vi1ee";
    EXPECT_EQ(decode_body(as_bytes(odd)).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_body(as_bytes("i1e")).error(), errc::invalid_encoding);
    EXPECT_EQ(decode_body(as_bytes("d1:mi16e1:vi1eejunk")).error(), errc::invalid_encoding);
}

} // namespace
} // namespace tau::wire
