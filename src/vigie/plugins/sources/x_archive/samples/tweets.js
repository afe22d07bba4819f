window.YTD.tweets.part0 = [
  {
    "tweet": {
      "id_str": "738300000000000001",
      "full_text": "La Seine monte à Corbeil &gt; 4 m https://t.co/u https://t.co/m",
      "created_at": "Thu Jun 02 10:00:00 +0000 2016",
      "lang": "fr",
      "favorite_count": "3",
      "retweet_count": "9",
      "entities": {
        "urls": [
          {
            "url": "https://t.co/u",
            "expanded_url": "https://vigicrues.exemple"
          }
        ]
      },
      "extended_entities": {
        "media": [
          {
            "type": "photo",
            "url": "https://t.co/m",
            "media_url_https": "https://pbs.twimg.com/media/s.jpg"
          }
        ]
      },
      "in_reply_to_status_id_str": "738299999999999999",
      "coordinates": {
        "type": "Point",
        "coordinates": [
          "2.4823",
          "48.6135"
        ]
      }
    }
  },
  {
    "tweet": {
      "id_str": "738300000000000002",
      "full_text": "}]{ drôle de texte",
      "created_at": "Thu Jun 02 10:05:00 +0000 2016"
    }
  }
]